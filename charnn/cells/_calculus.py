"""The functions that equations of cells are written in, and their derivatives; torch is imported at the first call."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@cache
def _torch() -> Any:
    import torch

    return torch


def sigmoid(a: Tensor) -> Tensor:
    """The logistic function σ(a) = 1 / (1 + e^−a)."""
    return a.sigmoid()


def tanh(a: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return a.tanh()


def sigmoid_backward(dy: Tensor, y: Tensor) -> Tensor:
    """∂L/∂a of y = σ(a): y (1 − y) ∂L/∂y."""
    gradient: Tensor = _torch().ops.aten.sigmoid_backward(dy, y)
    return gradient


def tanh_backward(dy: Tensor, y: Tensor) -> Tensor:
    """∂L/∂a of y = tanh(a): (1 − y²) ∂L/∂y."""
    gradient: Tensor = _torch().ops.aten.tanh_backward(dy, y)
    return gradient


def side_by_side(*gates: Tensor) -> Tensor:
    """(B, G·H) the columns of neighbouring gates."""
    joined: Tensor = _torch().cat(gates, dim=-1)
    return joined

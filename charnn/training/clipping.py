"""Clipping: the remedy for gradients that explode.

    norm:   g ← min(1, θ / ‖g‖) g        value:  g_i ← max(−θ, min(θ, g_i))

Sources: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013 (norm);
Mikolov, "Statistical language models based on neural networks", 2012 (value).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import Parameter

from charnn.configuration.sections import Clip
from charnn.kernels.library import dense, library


@dataclass(frozen=True)
class Clipped:
    """The norm of the whole gradient before it was clipped, and whether clipping changed it."""

    norm: float
    changed: bool


def clip_gradients(parameters: Sequence[Parameter], clip: Clip) -> Clipped:
    """Clip the gradients of all parameters in place."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    bound = clip.threshold if clip.threshold is not None and clip.by != "none" else math.inf
    norm_bound, value_bound = (bound, math.inf) if clip.by == "norm" else (math.inf, bound)
    if (kernels := library()) is not None and dense(gradients):
        return Clipped(*kernels.clip(gradients, norm_bound, value_bound))
    return _clip_by_torch(gradients, norm_bound, value_bound)


@torch.no_grad()
def _clip_by_torch(gradients: list[Tensor], norm_bound: float, value_bound: float) -> Clipped:
    """The same for gradients that no kernel can read."""
    norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
    if norm > norm_bound:
        torch._foreach_mul_(gradients, norm_bound / norm)
    # No number is larger than the norm.
    exceeds = norm > value_bound and float(torch.stack(torch._foreach_norm(gradients, math.inf)).max()) > value_bound
    if exceeds:
        torch._foreach_clamp_min_(gradients, -value_bound)
        torch._foreach_clamp_max_(gradients, value_bound)
    return Clipped(norm, changed=norm > norm_bound or exceeds)

"""The inputs of a cell that are not one-hot, projected for all steps and lanes of a window at once.

    charnn::projection            y = x W
    charnn::projection_backward   ∂L/∂x = ∂L/∂y Wᵀ,  ∂L/∂W = xᵀ ∂L/∂y

*N steps and lanes · D inputs · C columns
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from charnn.kernels.buffers import dense_like, empty
from charnn.kernels.filling import filled
from charnn.kernels.library import Kernel, kernels, precision_of
from charnn.kernels.operators import Operator
from charnn.kernels.operators.once import differentiable_once
from charnn.kernels.structures import ProjectionArguments
from charnn.kernels.threads import threads_for


class Projection(NamedTuple):
    """What is projected, (*N, D), by which weights, (D, C)."""

    x: Tensor
    W: Tensor


class ProjectionBackward(NamedTuple):
    """The same, and ∂L/∂y; whether ∂L/∂x is asked for."""

    x: Tensor
    W: Tensor
    dy: Tensor
    with_dx: bool


def projection(x: Float[Tensor, "*N D"], W: Float[Tensor, "D C"]) -> Float[Tensor, "*N C"]:
    """X W, by the kernel, which has to fit (see `charnn.kernels.library.why_not`).

    Raises:
        ValueError: the shapes do not fit each other, so that the kernel would read past an end.
    """
    return _PROJECTION(Projection(x, W))[0]


def forward(taken: Projection) -> list[Tensor]:
    """Y; see `projection`."""
    x, W = taken
    if x.shape[-1] != W.shape[0]:
        raise ValueError(f"the shapes of x and W do not fit: {tuple(x.shape)}, {tuple(W.shape)}")
    (y,) = _allocate(taken)
    _run(Kernel.PROJECTION, x, W, {"x": x, "weights": W}, {"y": y})
    return [y]


def backward(taken: ProjectionBackward) -> list[Tensor]:
    """∂L/∂x, empty where it is not asked for, and ∂L/∂W."""
    x, W, dy, with_dx = taken
    dx, dW = results = _allocate_backward(taken)
    writes = {"dx": dx, "dweights": dW} if with_dx else {"dweights": dW}
    _run(Kernel.PROJECTION_BACKWARD, x, W, {"x": x, "weights": W, "dy": dy}, writes)
    return results


def _run(kernel: Kernel, x: Tensor, W: Tensor, reads: dict[str, Tensor], writes: dict[str, Tensor]) -> None:
    inputs, columns = W.shape
    rows = x.numel() // inputs
    arguments = filled(ProjectionArguments, reads, writes, rows=rows, inputs=inputs, columns=columns)
    threads = threads_for(rows * inputs * columns)
    kernels().run(kernels().call(kernel, arguments, precision_of(x.dtype), threads))


def _allocate(taken: Projection) -> list[Tensor]:
    """Room for what `forward` returns."""
    return [empty((*taken.x.shape[:-1], taken.W.shape[1]), taken.x)]


def _allocate_backward(taken: ProjectionBackward) -> list[Tensor]:
    """Room for what `backward` returns."""
    dx = empty(taken.x.shape, taken.x) if taken.with_dx else taken.x.new_empty(0)
    return [dx, dense_like(taken.W)]


class _Projection(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor) -> Tensor:
        ctx.save_for_backward(x, W)
        return _PROJECTION.below_autograd(Projection(x, W))[0]

    @staticmethod
    @differentiable_once
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, W = ctx.saved_tensors
        with_dx = ctx.needs_input_grad[0]
        dx, dW = _PROJECTION_BACKWARD.below_autograd(ProjectionBackward(x, W, dy, with_dx))
        return dx if with_dx else None, dW


def _differentiable(taken: Projection) -> list[Tensor]:
    return [_Projection.apply(*taken)]  # type: ignore[no-untyped-call]


_PROJECTION = Operator("projection", Projection, forward, _allocate, _differentiable)
_PROJECTION_BACKWARD = Operator("projection_backward", ProjectionBackward, backward, _allocate_backward)

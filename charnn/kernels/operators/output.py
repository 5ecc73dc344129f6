"""The output layer and its loss in one pass, without a step through torch for the logits or for their gradient.

    charnn::summed_loss            Σ l(y, h W_q + b_q), l the cross-entropy in nats
    charnn::summed_loss_backward   ∂L/∂ of h, W_q and b_q

*N steps and lanes · H hidden units · V symbols
"""

from __future__ import annotations

from ctypes import addressof, c_double
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from charnn.kernels.buffers import dense_like, empty
from charnn.kernels.filling import filled
from charnn.kernels.library import Kernel, kernels, precision_of, why_none
from charnn.kernels.operators import Operator
from charnn.kernels.operators.once import differentiable_once
from charnn.kernels.structures import OutputArguments
from charnn.kernels.threads import threads_for


def summed_loss(
    h: Float[Tensor, "*N H"],
    W_q: Float[Tensor, "H V"],
    b_q: Float[Tensor, " V"],
    targets: Int[Tensor, "*N"],
    *,
    bfloat16: bool = False,
) -> Float[Tensor, ""]:
    """The cross-entropy in nats, summed: by the kernel where it takes these tensors, else by torch.

    Args:
        h: the states that the symbols are read from.
        W_q: and `b_q`, the output layer.
        targets: the symbols.
        bfloat16: whether the kernel rounds the factors of products, of float32 numbers, to bfloat16.
    """
    if why_none(h, W_q, b_q) is None:
        return loss_by_kernel(h, W_q, b_q, targets, bfloat16=bfloat16)
    return loss_by_torch(h, W_q, b_q, targets)


def loss_by_torch(
    h: Float[Tensor, "*N H"], W_q: Float[Tensor, "H V"], b_q: Float[Tensor, " V"], targets: Int[Tensor, "*N"]
) -> Float[Tensor, ""]:
    """The sum as torch has it: logits first, then their cross-entropy."""
    logits = torch.addmm(b_q, h.flatten(0, -2), W_q)
    return functional.cross_entropy(logits, targets.flatten(), reduction="sum")


def loss_by_kernel(
    h: Float[Tensor, "*N H"],
    W_q: Float[Tensor, "H V"],
    b_q: Float[Tensor, " V"],
    targets: Int[Tensor, "*N"],
    *,
    bfloat16: bool = False,
) -> Float[Tensor, ""]:
    """The sum in compiled code.

    Args:
        targets: the symbols, an int64 each.
        bfloat16: see `summed_loss`.

    Raises:
        IndexError: a target is not a symbol.
    """
    loss, _ = _SUMMED_LOSS(Output(h, W_q, b_q, targets, bfloat16))
    return loss


class Output(NamedTuple):
    """The output layer, the states that it reads, and the symbols that came; see `summed_loss`."""

    h: Tensor
    W_q: Tensor
    b_q: Tensor
    targets: Tensor
    bfloat16: bool


class OutputBackward(NamedTuple):
    """What the backward pass of the output layer takes.

    Attributes:
        h, W_q, bfloat16: as in `Output`.
        dlogits: (*N, V) ∂/∂ of each row's logits, which `forward` returned.
        gradient: ∂L/∂ of the sum.
    """

    h: Tensor
    W_q: Tensor
    dlogits: Tensor
    gradient: Tensor
    bfloat16: bool


def forward(layer: Output) -> list[Tensor]:
    """The summed loss, and its gradient to each row's logits.

    Raises:
        ValueError: the shapes do not fit each other, so that the kernel would read past an end.
        IndexError: a target is not a symbol.
    """
    h, W_q, b_q, targets, bfloat16 = layer
    hidden, symbols = W_q.shape
    rows = targets.numel()
    if h.numel() != rows * hidden or len(b_q) != symbols:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in (h, W_q, b_q, targets))
        raise ValueError(f"the shapes of h, W_q, b_q and the targets do not fit: {shapes}")
    dlogits, loss = empty((*targets.shape, symbols), h), c_double()
    arguments = filled(
        OutputArguments,
        reads={"h": h, "weights": W_q, "bias": b_q, "targets": targets},
        writes={"dlogits": dlogits},
        rows=rows,
        hidden=hidden,
        symbols=symbols,
        loss=addressof(loss),
    )
    threads = threads_for(rows * hidden * symbols)
    precision = precision_of(h.dtype, bfloat16=bfloat16)
    kernels().run(kernels().call(Kernel.LOSS_FORWARD, arguments, precision, threads))
    return [torch.scalar_tensor(loss.value, dtype=h.dtype), dlogits]


def backward(layer: OutputBackward) -> list[Tensor]:
    """∂L/∂h, ∂L/∂W_q and ∂L/∂b_q."""
    h, W_q, dlogits, gradient, bfloat16 = layer
    results = dh, dW_q, db_q = _allocate_backward(layer)
    hidden, symbols = W_q.shape
    rows = h.numel() // hidden
    arguments = filled(
        OutputArguments,
        reads={"h": h, "weights": W_q, "dlogits": dlogits},
        writes={"dh": dh, "dweights": dW_q, "dbias": db_q},
        rows=rows,
        hidden=hidden,
        symbols=symbols,
        gradient=float(gradient),
    )
    threads = threads_for(rows * hidden * symbols)
    precision = precision_of(h.dtype, bfloat16=bfloat16)
    kernels().run(kernels().call(Kernel.LOSS_BACKWARD, arguments, precision, threads))
    return results


def _allocate(layer: Output) -> list[Tensor]:
    """Room for what `forward` returns."""
    h = layer.h
    return [h.new_empty(()), h.new_empty(*h.shape[:-1], len(layer.b_q))]


def _allocate_backward(layer: OutputBackward) -> list[Tensor]:
    """Room for what `backward` returns."""
    W_q = layer.W_q
    return [empty(layer.h.shape, layer.h), dense_like(W_q), W_q.new_empty(layer.dlogits.shape[-1])]


class _SummedLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, layer: Output, *leaves: Tensor) -> tuple[Tensor, ...]:
        """Run a layer. Its leaves are passed once more, because autograd looks at arguments, not into records."""
        loss, dlogits = _SUMMED_LOSS.below_autograd(layer)
        ctx.bfloat16 = layer.bfloat16
        ctx.save_for_backward(layer.h, layer.W_q, dlogits)
        ctx.mark_non_differentiable(dlogits)
        ctx.set_materialize_grads(False)
        return loss, dlogits

    @staticmethod
    @differentiable_once
    def backward(ctx: Any, gradient: Tensor | None, _: None) -> tuple[Tensor | None, ...]:
        if gradient is None:
            return None, None, None, None
        h, W_q, dlogits = ctx.saved_tensors
        return None, *_SUMMED_LOSS_BACKWARD.below_autograd(OutputBackward(h, W_q, dlogits, gradient, ctx.bfloat16))


def _differentiable(layer: Output) -> list[Tensor]:
    return list(_SummedLoss.apply(layer, layer.h, layer.W_q, layer.b_q))  # type: ignore[no-untyped-call]


_SUMMED_LOSS = Operator("summed_loss", Output, forward, _allocate, _differentiable)
_SUMMED_LOSS_BACKWARD = Operator("summed_loss_backward", OutputBackward, backward, _allocate_backward)

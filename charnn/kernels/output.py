"""The output layer and its loss in one: neither logits nor their gradient take a step of their own through torch.

    charnn::summed_loss            Σ l(y, h W_q + b_q), l the cross-entropy in nats
    charnn::summed_loss_backward   ∂L/∂ of h, W_q and b_q

*N steps and lanes · H hidden units · V symbols
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Structure, byref, c_double, c_int64, c_void_p, cast
from typing import Any

import torch
from torch import Tensor

from charnn.kernels.library import kernels, precision_of
from charnn.kernels.recurrence import is_plain, threads_for
from charnn.kernels.recycling import empty


def summed_loss_by_torch(h, W_q, b_q, targets):
    from torch.nn import functional

    logits = torch.addmm(b_q, h.flatten(0, -2), W_q)
    return functional.cross_entropy(logits, targets.flatten(), reduction="sum")


def summed_loss(h, W_q, b_q, targets, *, bfloat16=False):
    from charnn.kernels.library import dense, library

    if library() is None or not dense((W_q, b_q)) or h.dtype != W_q.dtype:
        return summed_loss_by_torch(h, W_q, b_q, targets)
    return _summed_loss(h, W_q, b_q, targets, bfloat16=bfloat16)


class _Arguments(Structure):
    """`OutputArguments` of output.hpp, where each field is explained."""

    _fields_ = (
        ("rows", c_int64),
        ("hidden", c_int64),
        ("symbols", c_int64),
        ("h", c_void_p),
        ("weights", c_void_p),
        ("bias", c_void_p),
        ("targets", c_void_p),
        ("dlogits", c_void_p),
        ("loss", c_void_p),
        ("gradient", c_double),
        ("dh", c_void_p),
        ("dweights", c_void_p),
        ("dbias", c_void_p),
    )


def _summed_loss(h: Tensor, W_q: Tensor, b_q: Tensor, targets: Tensor, *, bfloat16: bool = False) -> Tensor:
    """The cross-entropy in nats, summed.

    Args:
        h: (*N, H) the states that the symbols are read from.
        W_q: (H, V), and `b_q` (V): the output layer.
        targets: (*N) the symbols, an int64 each.
        bfloat16: whether the factors of products, of float32 numbers, are rounded to bfloat16.
    """
    plain = is_plain(h) and not torch.compiler.is_compiling()
    run = _differentiable if plain else torch.ops.charnn.summed_loss
    loss, _ = run(h, W_q, b_q, targets, bfloat16)
    return loss


def forward(h: Tensor, W_q: Tensor, b_q: Tensor, targets: Tensor, bfloat16: bool) -> list[Tensor]:
    """The summed loss, and its gradient to each row's logits."""
    h, W_q, b_q, targets = h.contiguous(), W_q.contiguous(), b_q.contiguous(), targets.contiguous()
    dlogits, loss = empty((*h.shape[:-1], len(b_q)), h), c_double()
    arguments = _Arguments(
        rows=h.shape[:-1].numel(),
        hidden=h.shape[-1],
        symbols=len(b_q),
        h=h.data_ptr(),
        weights=W_q.data_ptr(),
        bias=b_q.data_ptr(),
        targets=targets.data_ptr(),
        dlogits=dlogits.data_ptr(),
        loss=cast(byref(loss), c_void_p),
    )
    kernels().output_forward(arguments, precision_of(h.dtype, bfloat16=bfloat16), threads_for(h, W_q))
    return [torch.scalar_tensor(loss.value, dtype=h.dtype), dlogits]


def backward(h: Tensor, W_q: Tensor, dlogits: Tensor, gradient: Tensor, bfloat16: bool) -> list[Tensor]:
    """∂L/∂h, ∂L/∂W_q and ∂L/∂b_q."""
    h, W_q = h.contiguous(), W_q.contiguous()
    dh, dW_q, db_q = _backward_results(h, W_q, dlogits)
    arguments = _Arguments(
        rows=h.shape[:-1].numel(),
        hidden=h.shape[-1],
        symbols=dlogits.shape[-1],
        h=h.data_ptr(),
        weights=W_q.data_ptr(),
        dlogits=dlogits.data_ptr(),
        gradient=float(gradient),
        dh=dh.data_ptr(),
        dweights=dW_q.data_ptr(),
        dbias=db_q.data_ptr(),
    )
    kernels().output_backward(arguments, precision_of(h.dtype, bfloat16=bfloat16), threads_for(h, W_q))
    return [dh, dW_q, db_q]


def _backward_results(h: Tensor, W_q: Tensor, dlogits: Tensor) -> list[Tensor]:
    """Room for what `backward` returns."""
    return [empty(h.shape, h), torch.empty_like(W_q), W_q.new_empty(dlogits.shape[-1])]


class _SummedLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, h: Tensor, W_q: Tensor, b_q: Tensor, targets: Tensor, bfloat16: bool) -> tuple[Tensor, ...]:
        with torch._C._AutoDispatchBelowAutograd():
            run = forward if is_plain(h) else torch.ops.charnn.summed_loss
            loss, dlogits = run(h, W_q, b_q, targets, bfloat16)
        ctx.bfloat16 = bfloat16
        ctx.save_for_backward(h, W_q, dlogits)
        ctx.mark_non_differentiable(dlogits)
        return loss, dlogits

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        h, W_q, dlogits = ctx.saved_tensors
        run = backward if is_plain(h) else torch.ops.charnn.summed_loss_backward
        dh, dW_q, db_q = run(h, W_q, dlogits, gradients[0], ctx.bfloat16)
        return dh, dW_q, db_q, None, None


def _differentiable(h: Tensor, W_q: Tensor, b_q: Tensor, targets: Tensor, bfloat16: bool) -> Sequence[Tensor]:
    return list(_SummedLoss.apply(h, W_q, b_q, targets, bfloat16))  # type: ignore[no-untyped-call]


def _register() -> None:
    operators: Any = torch.library.Library("charnn", "FRAGMENT")  # type: ignore[no-untyped-call]
    _kept.append(operators)
    operators.define("summed_loss(Tensor h, Tensor W_q, Tensor b_q, Tensor targets, bool bfloat16) -> Tensor[]")
    operators.define(
        "summed_loss_backward(Tensor h, Tensor W_q, Tensor dlogits, Tensor gradient, bool bfloat16) -> Tensor[]"
    )
    operators.impl("summed_loss", forward, "CPU")
    operators.impl("summed_loss", _differentiable, "Autograd")
    operators.impl("summed_loss_backward", backward, "CPU")
    torch.library.register_fake(
        "charnn::summed_loss",
        lambda h, W_q, b_q, targets, bfloat16: [h.new_empty(()), h.new_empty(*h.shape[:-1], len(b_q))],
    )
    torch.library.register_fake(
        "charnn::summed_loss_backward",
        lambda h, W_q, dlogits, gradient, bfloat16: _backward_results(h, W_q, dlogits),
    )


# Operators live as long as their library.
_kept: list[Any] = []
_register()

"""A network of one layer over a whole window, forwards and backwards, as one operation of autograd.

Where windows are short, the steps that torch takes between the kernels last longer than the kernels.

T time steps · B lanes · H hidden units · V symbols
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from charnn.cells import State
from charnn.kernels import output
from charnn.kernels import recurrence as operators


def summed_loss(
    cell: str,
    parameters,
    ids: Tensor,
    targets: Tensor,
    start: State,
    gates: Sequence[float] | None,
    *,
    bfloat16: bool = False,
) -> tuple[Tensor, State]:
    """Read a window, and sum the losses of its last steps.

    Args:
        cell: has a kernel.
        W_q: (H, V), and `b_q` (V): the output layer.
        ids: (T, B) the characters.
        targets: (C, B) what follows on each of the last C steps.
        start: the state before the first step, through which no gradient flows.
        gates: ξ_t of each step, or None where all are 1.
        bfloat16: whether the factors of products, of float32 numbers, are rounded to bfloat16.

    Returns:
        The sum, and the state after the last step, from which no gradient flows back.
    """
    loss, *last = _Window.apply(cell, ids, targets, start, gates, bfloat16, *parameters)  # type: ignore[no-untyped-call]
    return loss, tuple(last)


class _Window(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        cell: str,
        ids: Tensor,
        targets: Tensor,
        start: State,
        gates: Sequence[float] | None,
        bfloat16: bool,
        W_x: Tensor,
        b: Tensor | None,
        W_h: Tensor,
        W_q: Tensor,
        b_q: Tensor,
    ) -> tuple[Tensor, ...]:
        h, saved, multiplied, *last = operators.forward(cell, W_x, b, ids, W_h, start, gates, len(ids), True, bfloat16)
        loss, dlogits = output.forward(_counted(h, targets), W_q, b_q, targets, bfloat16)
        ctx.cell, ctx.gates, ctx.bfloat16, ctx.symbols, ctx.has_bias = cell, gates, bfloat16, len(W_x), b is not None
        ctx.save_for_backward(ids, W_h, W_q, h, saved, multiplied, dlogits, *start)
        ctx.mark_non_differentiable(*last)
        return (loss, *last)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        ids, W_h, W_q, h, saved, multiplied, dlogits, *start = ctx.saved_tensors
        dread, dW_q, db_q = output.backward(_counted(h, dlogits), W_q, dlogits, gradients[0], ctx.bfloat16)
        uncounted = len(h) - len(dread)
        dh = torch.cat((dread.new_zeros(uncounted, *dread.shape[1:]), dread)) if uncounted else dread
        dW_x, dW_h, *_ = operators.backward(
            *(ctx.cell, ids, ctx.symbols, W_h, start, h, saved, multiplied),
            *(ctx.gates, dh, [None] * len(start), ctx.bfloat16),
        )
        return *[None] * 6, dW_x, dW_x.sum(0) if ctx.has_bias else None, dW_h, dW_q, db_q


def _counted(h: Tensor, of_last: Tensor) -> Tensor:
    """The steps that are asked for something: the last ones."""
    return h if len(h) == len(of_last) else h[len(h) - len(of_last) :]

"""A network of one layer over a whole window, forward and backward, as one operation of autograd.

Where windows are short, the steps that torch takes between the kernels last longer than the kernels.

T time steps · B lanes · H hidden units · V symbols
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from charnn.kernels.operators import output, recurrence
from charnn.kernels.operators.once import differentiable_once
from charnn.kernels.operators.output import Output, OutputBackward
from charnn.kernels.operators.recurrence import Window, WindowBackward


def summed_loss(window: Window, W_q: Tensor, b_q: Tensor, targets: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Read a window, and sum the losses of its last steps; there is a kernel for the cell and for these tensors.

    Args:
        window: the one layer and what it reads; its rows are W_x, (V, G·H). No gradient flows to its start.
        W_q: (H, V), and `b_q` (V): the output layer.
        targets: (C, B) what follows on each of the last C steps, an int64 each.

    Returns:
        The sum, and the state after the last step, from which no gradient flows back.
    """
    if not torch.is_grad_enabled():
        window = window._replace(save=False)
    loss, *last = _Window.apply(window, targets, window.rows, window.bias, window.W_h, W_q, b_q)  # type: ignore[no-untyped-call]
    return loss, tuple(last)


class _Window(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        window: Window,
        targets: Tensor,
        W_x: Tensor,
        b: Tensor | None,
        W_h: Tensor,
        W_q: Tensor,
        b_q: Tensor,
    ) -> tuple[Tensor, ...]:
        """Run a window. Its weights are passed once more, because autograd looks at arguments, not into records."""
        h, saved, multiplied, *last = recurrence.forward(window)
        loss, dlogits = output.forward(Output(_counted(h, targets), W_q, b_q, targets, window.bfloat16))
        ctx.cell, ctx.symbols, ctx.has_bias = window.cell, len(W_x), b is not None
        ctx.xi, ctx.bfloat16 = window.xi, window.bfloat16
        ctx.save_for_backward(window.ids, W_h, W_q, h, saved, multiplied, dlogits, *window.start)
        ctx.mark_non_differentiable(*last)
        ctx.set_materialize_grads(False)
        return (loss, *last)

    @staticmethod
    @differentiable_once
    def backward(ctx: Any, gradient: Tensor | None, *_of_last: None) -> tuple[Tensor | None, ...]:
        if gradient is None:
            return None, None, None, None, None, None, None
        ids, W_h, W_q, h, saved, multiplied, dlogits, *start = ctx.saved_tensors
        dread, dW_q, db_q = output.backward(OutputBackward(_counted(h, dlogits), W_q, dlogits, gradient, ctx.bfloat16))
        uncounted = len(h) - len(dread)
        dh = torch.cat((dread.new_zeros(uncounted, *dread.shape[1:]), dread)) if uncounted else dread
        dW_x, dW_h, *_ = recurrence.backward(
            WindowBackward(
                *(ctx.cell, ids, ctx.symbols, W_h, start, h, saved, multiplied),
                *(ctx.xi, None, dh, [None] * len(start), ctx.bfloat16),
            )
        )
        return None, None, dW_x, dW_x.sum(0) if ctx.has_bias else None, dW_h, dW_q, db_q


def _counted(h: Tensor, of_last: Tensor) -> Tensor:
    """The steps whose losses count: the last ones."""
    return h if len(h) == len(of_last) else h[len(h) - len(of_last) :]

"""A cell over a window, as operators of torch.

    charnn::recurrence            h_t = f(a_t, h_{t−1}),  t = 1 … T
    charnn::recurrence_backward   ∂L/∂ of a_t, W_h and the first state, through the same steps in reverse

T time steps · B lanes · G gates · H hidden units · N rows of projected inputs
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from charnn.kernels.buffers import dense_like, empty
from charnn.kernels.filling import filled
from charnn.kernels.library import Kernel, kernels, precision_of
from charnn.kernels.operators import Operator
from charnn.kernels.operators.once import differentiable_once
from charnn.kernels.structures import WindowArguments
from charnn.kernels.threads import threads_for


class Window(NamedTuple):
    """A cell, and the window that it runs over.

    Attributes:
        cell: the name of the cell.
        rows: (N, G·H) projected inputs.
        bias: (G·H) what is added to each of them.
        ids: (T, B) the row, an int64, that each step of each lane takes; without it row t·B + b.
        W_h: (H, G·H) the recurrent weights.
        start: the state before the first step, one (B, H) tensor for each part.
        xi: (T) ξ_t of each step, or (T, B) of each step and row, in float64; None where all are 1.
        ends: (B) after how many steps, 0 to T, each row ends; None: all after T.
        steps: T.
        save: whether what the backward pass needs is kept; without it no gradient flows back.
        bfloat16: whether the factors of recurrent products, of float32 numbers, are rounded to bfloat16.
    """

    cell: str
    rows: Tensor
    bias: Tensor | None
    ids: Tensor | None
    W_h: Tensor
    start: Sequence[Tensor]
    xi: Tensor | None
    ends: Tensor | None
    steps: int
    save: bool = True
    bfloat16: bool = False


class WindowBackward(NamedTuple):
    """What the backward pass of a window takes.

    Attributes:
        cell, ids, W_h, start, xi, ends, bfloat16: as in `Window`.
        symbols: N where there are ids; without them N is T·B.
        output, saved, multiplied: what `forward` returned.
        doutput: (T, B, H) ∂L/∂ of every h_t, or None where it is 0.
        dlast: ∂L/∂ of each part of the last state, or None where it is 0.
    """

    cell: str
    ids: Tensor | None
    symbols: int
    W_h: Tensor
    start: Sequence[Tensor]
    output: Tensor
    saved: Tensor
    multiplied: Tensor
    xi: Tensor | None
    ends: Tensor | None
    doutput: Tensor | None
    dlast: Sequence[Tensor | None]
    bfloat16: bool


def recurrence(window: Window) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run a cell over a window. Nothing is saved where no gradient is asked for.

    Returns:
        (T, B, H) every h_t, and the state of each row after its last step.
    """
    save = window.save and _needs_gradient(window)
    output, _, _, *last = _RECURRENCE(window if save else window._replace(save=False), differentiable=save)
    return output, tuple(last)


def _needs_gradient(window: Window) -> bool:
    leaves = (window.rows, window.bias, window.W_h, *window.start)
    return torch.is_grad_enabled() and any(leaf.requires_grad for leaf in leaves if leaf is not None)


def forward(window: Window) -> list[Tensor]:
    """h_t of every step; two tensors for the backward pass; each part of the last state."""
    results = output, saved, multiplied, *last = _allocate(window)
    steps, lanes, hidden = output.shape
    arguments = filled(
        WindowArguments,
        reads={
            "ends": window.ends,
            "rows": window.rows,
            "bias": window.bias,
            "ids": window.ids,
            "weights": window.W_h,
            "start": window.start,
        },
        writes={"output": output, "saved": saved, "multiplied": multiplied, "last": last},
        steps=steps,
        lanes=lanes,
        hidden=hidden,
        symbols=len(window.rows),
    )
    precision = precision_of(output.dtype, bfloat16=window.bfloat16)
    threads = threads_for(steps * lanes * window.W_h.numel())
    kernels().run(kernels().call(Kernel.CELL_FORWARD, arguments, precision, threads, window.cell))
    return results


def backward(window: WindowBackward) -> list[Tensor]:
    """∂L/∂ of the rows that the steps took, (N, G·H); ∂L/∂W_h; ∂L/∂ of each part of the first state, (B, H)."""
    results = drows, dW_h, *dstart = _allocate_backward(window)
    output = window.output
    steps, lanes, hidden = output.shape
    if not lanes:  # as in a process that has no row of a batch; an array of no numbers has no address
        return [result.zero_() for result in results]
    arguments = filled(
        WindowArguments,
        reads={
            "ends": window.ends,
            "ids": window.ids,
            "weights": window.W_h,
            "start": window.start,
            "output": output,
            "saved": window.saved,
            "multiplied": window.multiplied,
            "xi": window.xi,
            "doutput": window.doutput,
            "dlast": window.dlast,
        },
        writes={"drows": drows, "dweights": dW_h, "dstart": dstart},
        steps=steps,
        lanes=lanes,
        hidden=hidden,
        symbols=window.symbols,
        xi_lanes=1 if window.xi is None or window.xi.dim() == 1 else lanes,
    )
    precision = precision_of(output.dtype, bfloat16=window.bfloat16)
    threads = threads_for(steps * lanes * dW_h.numel())
    kernels().run(kernels().call(Kernel.CELL_BACKWARD, arguments, precision, threads, window.cell))
    return results


def _allocate(window: Window) -> list[Tensor]:
    """Room for what `forward` returns."""
    lanes, hidden = window.start[0].shape
    saved, multiplied = kernels().left(window.cell, window.rows.dtype, hidden) if window.save else (0, 0)
    return [
        *(empty((window.steps, lanes, width), window.rows) for width in (hidden, saved, multiplied)),
        *(dense_like(part) for part in window.start),
    ]


def _allocate_backward(window: WindowBackward) -> list[Tensor]:
    """Room for what `backward` returns."""
    steps, lanes, _ = window.output.shape
    rows = steps * lanes if window.ids is None else window.symbols
    return [
        empty((rows, window.W_h.shape[1]), window.output),
        dense_like(window.W_h),
        *(dense_like(part) for part in window.start),
    ]


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, window: Window, *leaves: Tensor | None) -> tuple[Tensor, ...]:
        """Run a window. Its leaves are passed once more, because autograd looks at arguments, not into records."""
        results = _RECURRENCE.below_autograd(window)
        ctx.cell, ctx.symbols, ctx.has_bias = window.cell, len(window.rows), window.bias is not None
        ctx.xi, ctx.ends, ctx.bfloat16 = window.xi, window.ends, window.bfloat16
        ctx.save_for_backward(window.ids, window.W_h, *results[:3], *window.start)
        ctx.mark_non_differentiable(*(results[1:3] if window.save else results))
        ctx.set_materialize_grads(False)
        return tuple(results)

    @staticmethod
    @differentiable_once
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        ids, W_h, output, saved, multiplied, *start = ctx.saved_tensors
        doutput, _, _, *dlast = gradients
        drows, dW_h, *dstart = _RECURRENCE_BACKWARD.below_autograd(
            WindowBackward(
                *(ctx.cell, ids, ctx.symbols, W_h, start, output, saved, multiplied),
                *(ctx.xi, ctx.ends, doutput, dlast, ctx.bfloat16),
            )
        )
        return None, drows, drows.sum(0) if ctx.has_bias else None, dW_h, *dstart


def _differentiable(window: Window) -> list[Tensor]:
    leaves = (window.rows, window.bias, window.W_h, *window.start)
    return list(_Recurrence.apply(window, *leaves))  # type: ignore[no-untyped-call]


_RECURRENCE = Operator("recurrence", Window, forward, _allocate, _differentiable)
_RECURRENCE_BACKWARD = Operator("recurrence_backward", WindowBackward, backward, _allocate_backward)

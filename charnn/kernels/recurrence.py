"""The kernels as operators of torch: autograd, `torch.compile` and DDP see them as any other.

    charnn::recurrence            h_t = f(a_t, h_{t−1}),  t = 1 … T
    charnn::recurrence_backward   ∂L/∂ of a_t, W_h and the first state, through the same steps in reverse

T time steps · B lanes · G gates · H hidden units · N rows of projected inputs
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from charnn.kernels.library import Arguments, kernels, pointers, precision_of
from charnn.kernels.recycling import empty

# Below this many multiplications waking another thread takes longer than the work.
_WORTH_A_THREAD = 1 << 20


def recurrence(
    cell: str,
    rows: Tensor,
    bias: Tensor | None,
    ids: Tensor | None,
    W_h: Tensor,
    start: Sequence[Tensor],
    gates: Sequence[float] | None,
    steps: int,
    *,
    bfloat16: bool = False,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run a cell over a window.

    Args:
        cell: the name of the cell.
        rows: (N, G·H) projected inputs.
        bias: (G·H) what is added to each of them.
        ids: (T, B) the row, an int64, that each step of each lane takes; without it row t·B + b.
        W_h: (H, G·H) the recurrent weights.
        start: the state before the first step, one (B, H) tensor for each part.
        gates: ξ_t of each step, or None where all are 1.
        steps: T.
        bfloat16: whether the factors of recurrent products, of float32 numbers, are rounded to bfloat16.

    Returns:
        (T, B, H) every h_t, and the state after the last step.
    """
    # Without a way back nothing has to be kept for it.
    save = torch.is_grad_enabled() and any(
        tensor.requires_grad for tensor in (rows, bias, W_h, *start) if tensor is not None
    )
    # Past the dispatcher, which takes longer than a small window, wherever nobody traces.
    run = _differentiable if is_plain(rows) and not torch.compiler.is_compiling() else torch.ops.charnn.recurrence
    output, _, _, *last = run(cell, rows, bias, ids, W_h, start, gates, steps, save, bfloat16)
    return output, tuple(last)


def forward(
    cell: str,
    rows: Tensor,
    bias: Tensor | None,
    ids: Tensor | None,
    W_h: Tensor,
    start: Sequence[Tensor],
    gates: Sequence[float] | None,
    steps: int,
    save: bool,
    bfloat16: bool,
) -> list[Tensor]:
    """h_t of every step; two tensors for the way back; each part of the last state."""
    rows, W_h, start = rows.contiguous(), W_h.contiguous(), [part.contiguous() for part in start]
    ids = None if ids is None else ids.contiguous()
    bias = None if bias is None else bias.contiguous()
    output, saved, multiplied, *last = _results(cell, rows, start, steps, save)
    arguments = Arguments(
        steps=steps,
        lanes=output.shape[1],
        hidden=output.shape[2],
        symbols=len(rows),
        rows=rows.data_ptr(),
        bias=None if bias is None else bias.data_ptr(),
        ids=None if ids is None else ids.data_ptr(),
        weights=W_h.data_ptr(),
        start=pointers(start),
        output=output.data_ptr(),
        last=pointers(last),
        saved=saved.data_ptr() if saved.numel() else None,
        multiplied=multiplied.data_ptr() if multiplied.numel() else None,
    )
    kernels().forward(cell, arguments, precision_of(rows.dtype, bfloat16=bfloat16), threads_for(output, W_h))
    return [output, saved, multiplied, *last]


def backward(
    cell: str,
    ids: Tensor | None,
    symbols: int,
    W_h: Tensor,
    start: Sequence[Tensor],
    output: Tensor,
    saved: Tensor,
    multiplied: Tensor,
    gates: Sequence[float] | None,
    doutput: Tensor | None,
    dlast: Sequence[Tensor | None],
    bfloat16: bool,
) -> list[Tensor]:
    """∂L/∂ of the rows that the steps took, (N, G·H); ∂L/∂W_h; ∂L/∂ of each part of the first state, (B, H).

    Args:
        symbols: N where there are ids; without them it is T·B.
    """
    ids = None if ids is None else ids.contiguous()
    W_h, start = W_h.contiguous(), [part.contiguous() for part in start]
    doutput = None if doutput is None else doutput.contiguous()
    dlast = [None if part is None else part.contiguous() for part in dlast]
    xi = None if gates is None else torch.tensor(gates, dtype=torch.float64)
    drows, dW_h, *dstart = _backward_results(ids, symbols, W_h, start, output)
    arguments = Arguments(
        steps=output.shape[0],
        lanes=output.shape[1],
        hidden=output.shape[2],
        symbols=symbols,
        ids=None if ids is None else ids.data_ptr(),
        weights=W_h.data_ptr(),
        start=pointers(start),
        output=output.data_ptr(),
        saved=saved.data_ptr() if saved.numel() else None,
        multiplied=multiplied.data_ptr() if multiplied.numel() else None,
        gates=None if xi is None else xi.data_ptr(),
        doutput=None if doutput is None else doutput.data_ptr(),
        dlast=pointers(dlast),
        drows=drows.data_ptr(),
        dstart=pointers(dstart),
        dweights=dW_h.data_ptr(),
    )
    kernels().backward(cell, arguments, precision_of(output.dtype, bfloat16=bfloat16), threads_for(output, W_h))
    return [drows, dW_h, *dstart]


def _results(cell: str, rows: Tensor, start: Sequence[Tensor], steps: int, save: bool) -> list[Tensor]:
    """Room for what `forward` returns."""
    lanes, hidden = start[0].shape
    saved = kernels().saved(cell, rows.dtype, hidden) if save else 0
    multiplied = hidden if save and _multiplies_other(cell) else 0
    return [
        *(empty((steps, lanes, width), rows) for width in (hidden, saved, multiplied)),
        *(torch.empty_like(part) for part in start),
    ]


def _backward_results(
    ids: Tensor | None, symbols: int, W_h: Tensor, start: Sequence[Tensor], output: Tensor
) -> list[Tensor]:
    """Room for what `backward` returns."""
    rows = output.shape[0] * output.shape[1] if ids is None else symbols
    drows = empty((rows, W_h.shape[1]), output)
    return [drows, torch.empty_like(W_h), *(torch.empty_like(part) for part in start)]


@cache
def _multiplies_other(cell: str) -> bool:
    """Whether a recurrent matrix multiplies something other than h_{t−1}."""
    return cell == "gru"


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        cell: str,
        rows: Tensor,
        bias: Tensor | None,
        ids: Tensor | None,
        W_h: Tensor,
        gates: Sequence[float] | None,
        steps: int,
        save: bool,
        bfloat16: bool,
        *start: Tensor,
    ) -> tuple[Tensor, ...]:
        with torch._C._AutoDispatchBelowAutograd():
            run = forward if is_plain(rows) else torch.ops.charnn.recurrence
            results = run(cell, rows, bias, ids, W_h, start, gates, steps, save, bfloat16)
        ctx.cell, ctx.gates, ctx.count, ctx.has_bias, ctx.bfloat16 = cell, gates, len(rows), bias is not None, bfloat16
        ctx.save_for_backward(ids, W_h, *results[:3], *start)
        ctx.mark_non_differentiable(*results[1:3])
        ctx.set_materialize_grads(False)
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        ids, W_h, output, saved, multiplied, *start = ctx.saved_tensors
        doutput, _, _, *dlast = gradients
        run = backward if is_plain(output) else torch.ops.charnn.recurrence_backward
        drows, dW_h, *dstart = run(
            *(ctx.cell, ids, ctx.count, W_h, start, output, saved, multiplied),
            *(ctx.gates, doutput, dlast, ctx.bfloat16),
        )
        return None, drows, drows.sum(0) if ctx.has_bias else None, None, dW_h, None, None, None, None, *dstart


def _differentiable(
    cell: str,
    rows: Tensor,
    bias: Tensor | None,
    ids: Tensor | None,
    W_h: Tensor,
    start: Sequence[Tensor],
    gates: Sequence[float] | None,
    steps: int,
    save: bool,
    bfloat16: bool,
) -> list[Tensor]:
    return list(_Recurrence.apply(cell, rows, bias, ids, W_h, gates, steps, save, bfloat16, *start))  # type: ignore[no-untyped-call]


def threads_for(h: Tensor, weights: Tensor) -> int:
    """How many threads the product of the rows of h with these weights is worth."""
    rows = h.shape[:-1].numel()
    return torch.get_num_threads() if rows * weights.numel() >= _WORTH_A_THREAD else 1


def is_plain(tensor: Tensor) -> bool:
    """Whether a tensor holds numbers; those of tracing hold none."""
    return type(tensor) in (Tensor, Parameter)


def _register() -> None:
    """Written out rather than by `torch.library.custom_op`, whose wrapping takes longer than a small window."""
    operators: Any = torch.library.Library("charnn", "DEF")  # type: ignore[no-untyped-call]
    _kept.append(operators)
    operators.define(
        "recurrence(str cell, Tensor rows, Tensor? bias, Tensor? ids, Tensor W_h, Tensor[] start, float[]? gates,"
        " int steps, bool save, bool bfloat16) -> Tensor[]"
    )
    operators.define(
        "recurrence_backward(str cell, Tensor? ids, int symbols, Tensor W_h, Tensor[] start, Tensor output,"
        " Tensor saved, Tensor multiplied, float[]? gates, Tensor? doutput, Tensor?[] dlast, bool bfloat16) -> Tensor[]"
    )
    operators.impl("recurrence", forward, "CPU")
    operators.impl("recurrence", _differentiable, "Autograd")
    operators.impl("recurrence_backward", backward, "CPU")
    torch.library.register_fake(
        "charnn::recurrence",
        lambda cell, rows, bias, ids, W_h, start, gates, steps, save, bfloat16: _results(
            cell, rows, start, steps, save
        ),
    )
    torch.library.register_fake(
        "charnn::recurrence_backward",
        lambda cell, ids, symbols, W_h, start, output, saved, multiplied, gates, doutput, dlast, bfloat16: (
            _backward_results(ids, symbols, W_h, start, output)
        ),
    )


# Operators live as long as their library.
_kept: list[Any] = []
_register()

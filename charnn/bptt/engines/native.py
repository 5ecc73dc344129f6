"""The same function as `manual`, with both time loops in compiled code.

A kernel takes each lane through the whole window, with all gates of a unit in registers at once; see
`charnn/kernels`. What no kernel fits (another device, another type of number, a cell without one, an installation
without a compiler) runs on the `manual` engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines import manual
from charnn.cells import Cell, State
from charnn.kernels.library import why_not
from charnn.kernels.recurrence import Window, recurrence


def run(
    cell: Cell,
    x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
    state: State,
    gates: Sequence[float] | None = None,
    *,
    bfloat16: bool = False,
) -> tuple[Float[Tensor, "T B H"], State]:
    """Run `cell` over a window (see `charnn.bptt.recurrence.Engine`).

    Args:
        bfloat16: whether the factors of recurrent products, of float32 numbers, are rounded to bfloat16; the cell needs
            a kernel then.
    """
    if not bfloat16 and (missing(cell) is not None or not _fits(cell, x, state)):
        return manual.run(cell, x, state, gates)
    rows, ids = ((x @ cell.W_x).flatten(0, 1), None) if x.is_floating_point() else (cell.W_x, x.long())
    return recurrence(Window(cell.name, rows, cell.b, ids, cell.W_h, state, gates, len(x), bfloat16=bfloat16))


def missing(cell: Cell) -> str | None:
    """Why there is no kernel for a cell where its weights lie; None where there is one."""
    return why_not(cell.name, cell.W_h)


def _fits(cell: Cell, x: Tensor, state: State) -> bool:
    """Whether shapes and types are those of the cell; what is wrong with others, torch says."""
    expected, dtype = (x.shape[1], cell.hidden), cell.W_h.dtype
    return all(part.shape == expected and part.dtype == dtype for part in state) and not (
        x.is_floating_point() and x.dtype != dtype
    )

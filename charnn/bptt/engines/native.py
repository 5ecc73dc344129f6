"""The same function as `manual`, with both time loops in compiled code.

A kernel takes each lane through the whole window, with all gates of a unit in registers at once; see
`charnn/kernels`. What no kernel fits (another device, another type of number, a cell without one, an installation
without a compiler) runs on the `manual` engine.
"""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines import Engine
from charnn.bptt.engines.manual import Manual
from charnn.bptt.rows import Gates, gates_tensor
from charnn.cells import Cell, State
from charnn.errors import UsageError
from charnn.kernels.library import kernels, why_not
from charnn.kernels.operators.projection import projection
from charnn.kernels.operators.recurrence import Window, recurrence


class Native(Engine):
    """Compiled loops."""

    compiled = True

    def __init__(self, precision: str | None = None) -> None:
        """Loops whose products have factors of that precision: `bfloat16`, or None for that of the weights."""
        self.bfloat16 = precision is not None
        self.manual = Manual()

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over a window (see `Engine`); products in bfloat16 need a kernel."""
        if not self.bfloat16 and (self.why_not(cell) is not None or not _fits(cell, x, state)):
            return self.manual(cell, x, state, xi, ends)
        rows, ids = (projection(x, cell.W_x).flatten(0, 1), None) if x.is_floating_point() else (cell.W_x, x.long())
        gates = gates_tensor(xi)
        window = Window(cell.name, rows, cell.b, ids, cell.W_h, state, gates, ends, len(x), bfloat16=self.bfloat16)
        return recurrence(window)

    def why_not(self, cell: Cell) -> str | None:
        """Why there is no kernel for a cell where its weights are; None where there is one."""
        return why_not(cell.name, cell.W_x)

    def describe(self, cell: Cell) -> str:
        """The kernels that a cell runs on, in words; says why where there are none.

        Raises:
            UsageError: the compiled kernels that `CHARNN_KERNELS` names are not there, or those that the products need.
        """
        reason = self.why_not(cell)
        if reason is not None and self.bfloat16:
            raise UsageError(f"there are no products in bfloat16, because {reason}: leave `train.precision` out")
        if reason is not None:
            return super().describe(cell)
        if not self.bfloat16:
            return f"{kernels().variant} kernels"
        how = "" if kernels().multiplies_bfloat16() else " by rounding: this processor has no instruction for them"
        return f"{kernels().variant} kernels, products in bfloat16{how}"


def _fits(cell: Cell, x: Tensor, state: State) -> bool:
    """Whether shapes and types are those of the cell; what is wrong with others, torch says."""
    expected, dtype = (x.shape[1], cell.hidden), cell.W_x.dtype
    return all(part.shape == expected and part.dtype == dtype for part in state) and not (
        x.is_floating_point() and x.dtype != dtype
    )

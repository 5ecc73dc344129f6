"""The plain loop over the equations, which notes what cells go through."""

from __future__ import annotations

from collections.abc import Iterable

from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines.autograd import Autograd, Trace
from charnn.bptt.rows import Gates
from charnn.cells import Cell, State


class Tracing(Autograd):
    """An engine for one forward pass.

    Attributes:
        traces: every step of each watched cell.
    """

    def __init__(self, cells: Iterable[Cell]) -> None:
        """Watch some cells."""
        super().__init__()
        self.traces = {cell: Trace() for cell in cells}

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
        trace: Trace | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over a window (see `Engine`)."""
        return super().__call__(cell, x, state, xi, ends, self.traces.get(cell, trace))

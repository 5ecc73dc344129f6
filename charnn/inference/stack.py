"""A stack of cells, read by kernels: what `charnn.networks.stack.Stack` is, without gradients.

T time steps · B lanes · V symbols · E embedding · D inputs · H hidden units · G gates
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.inference.products import Floats, product, recurrence

State = tuple[Floats, ...]
States = tuple[State, ...]


@dataclass(frozen=True)
class Cell:
    """The weights of one layer.

    Attributes:
        name: of the cell.
        parts: how many parts its state has.
        W_x: (D, G·H).
        W_h: (H, G·H).
        b: (G·H), or None.
    """

    name: str
    parts: int
    W_x: Floats
    W_h: Floats
    b: Floats | None


class Stack:
    """Cells one above the other.

    Attributes:
        cells: from the symbols up.
        rows: (V, G·H) x W_x of every symbol in the first layer.
        residual: whether the input of a cell above the first is added to its output.
    """

    def __init__(self, cells: list[Cell], embedding: Floats | None, *, residual: bool) -> None:
        """A stack of these cells.

        Args:
            cells: from the symbols up.
            embedding: (V, E), or None where symbols are one-hot.
            residual: see `charnn.networks.stack.Stack`.
        """
        self.cells, self.residual = cells, residual
        self.rows = cells[0].W_x if embedding is None else product(embedding, cells[0].W_x)

    def zero_state(self, lanes: int) -> States:
        """The state of every layer before anything was read."""
        return tuple(
            tuple(np.zeros((lanes, len(cell.W_h)), dtype=cell.W_h.dtype) for _ in range(cell.parts))
            for cell in self.cells
        )

    def read(
        self, ids: NDArray[np.int64], states: States, ends: NDArray[np.int64] | None = None
    ) -> tuple[Floats, States]:
        """(T, B, H) the output of the top layer after each of (T, B) symbols, and the state of each lane at its end.

        Args:
            ids: the symbols.
            states: the state before the first.
            ends: after how many steps each lane ends; None: all after T.
        """
        last = []
        x: Floats | None = None
        for cell, state in zip(self.cells, states, strict=True):
            rows = self.rows if x is None else product(x.reshape(-1, x.shape[-1]), cell.W_x)
            h, state = recurrence(cell.name, rows, cell.b, ids if x is None else None, cell.W_h, state, len(ids), ends)
            x = x + h if self.residual and x is not None else h
            last.append(state)
        assert x is not None
        return x, tuple(last)

    def spread(self, states: Any, lanes: int) -> States:
        """The state in so many lanes, from that of one or of as many; tensors of torch on the CPU are taken too."""
        return tuple(tuple(_in_lanes(part, lanes) for part in state) for state in states)

    @staticmethod
    def chosen(states: States, lanes: NDArray[np.int64]) -> States:
        """The state of some lanes."""
        return tuple(tuple(part[lanes] for part in state) for state in states)


def _in_lanes(part: Any, lanes: int) -> Floats:
    numbers = part if isinstance(part, np.ndarray) else part.detach().numpy()
    return np.ascontiguousarray(np.broadcast_to(numbers, (lanes, numbers.shape[1])))

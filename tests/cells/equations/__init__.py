"""Slow, obvious versions of the cells' equations in NumPy: one file a cell, written from its source, not from its code.

A file has `step(w, *state)`, the state after one step of one lane, with column vectors as in the lecture. The cell
itself finds its file by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charnn.cells import Cell

Vector = NDArray[np.float64]
Step = Callable[..., tuple[Vector, ...]]

NAMES = sorted(path.stem.replace("_", "-") for path in Path(__file__).parent.glob("[!_]*.py"))


@dataclass(frozen=True)
class Weights:
    """The weights of a cell and the input of one step."""

    cell: Cell
    x: Vector

    def gate(self, name: str, m: Vector | None = None) -> Vector:
        """W_·x x + b_·, and W_·h m where a gate sees m, cut out of the storage."""
        place = self.cell.gates.index(name) * self.cell.hidden
        columns = slice(place, place + self.cell.hidden)
        total = self.cell.W_x.detach().numpy()[:, columns].T @ self.x
        if self.cell.b is not None:
            total = total + self.cell.b.detach().numpy()[columns]
        if m is not None:
            total = total + self.cell.W_h.detach().numpy()[:, columns].T @ m
        return total

    def __getitem__(self, name: str) -> Vector:
        """A further weight of the cell's own."""
        own: Vector = getattr(self.cell, name).detach().numpy()
        return own


def sigma(a: Vector) -> Vector:
    return 1 / (1 + np.exp(-a))


def equations_of(name: str) -> Step:
    """The step of the cell of that name."""
    step: Step = import_module(f"{__name__}.{name.replace('-', '_')}").step
    return step

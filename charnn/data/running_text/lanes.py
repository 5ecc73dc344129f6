"""Lanes: B contiguous parts of a text, read in parallel from left to right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids


@dataclass(frozen=True)
class Lanes:
    """A text of N + 1 units as `count` lanes of `length` = ⌊N / count⌋ steps each.

    At step t, the input of lane b is unit b·length + t, and its target is the unit after that. So the last target
    of a lane is the first input of the next one. The last N mod count steps of the text are not read.

    Attributes:
        own: the lanes that this process reads; None: all.
    """

    ids: Ids
    count: int
    own: range | None = None

    @property
    def width(self) -> int:
        """How many lanes this process reads."""
        return self.count if self.own is None else len(self.own)

    @property
    def length(self) -> int:
        """The number of steps in each lane."""
        return max(0, len(self.ids) - 1) // self.count

    def window(self, start: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Inputs and targets of the steps from `start` on: two arrays of shape (length, width)."""
        lanes = range(self.count) if self.own is None else self.own
        both = np.empty((length + 1, len(lanes)), dtype=np.int64)
        for column, lane in enumerate(lanes):
            begin = lane * self.length + start
            both[:, column] = self.ids[begin : begin + length + 1]
        return both[:-1], both[1:]

"""Several runs of a program as one call of compiled code, with nothing of Python between them.

Before each run the numbers that it is given are put in place, and after it those that it found are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from ctypes import Array, Structure, c_double, c_int64
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from charnn.kernels.library import kernels
from charnn.kernels.structures import Call, CopyArguments, RepeatArguments

Places: TypeAlias = NDArray[Any]
"""Where a program finds or leaves numbers: an array over its memory."""


class Repeats:
    """Runs of a program.

    Attributes:
        bytes: how much memory their own numbers take.
    """

    def __init__(
        self,
        calls: Array[Call],
        given: Sequence[Places],
        found: Sequence[Places],
        carried: Sequence[tuple[Places, Places]],
        most: int,
    ) -> None:
        """No run is prepared yet.

        Args:
            calls: those of one run.
            given: numbers that each run has of its own.
            found: numbers that each run leaves.
            carried: from where to where numbers are copied after each run.
            most: how many runs there may be.
        """
        self._given = [(place, np.empty((most, *place.shape), place.dtype)) for place in given]
        self._found = [(place, np.empty((most, *place.shape), place.dtype)) for place in found]
        self.bytes = sum(own.nbytes for _, own in (*self._given, *self._found))
        before = [_copy(own, place, place.nbytes, from_stride=place.nbytes) for place, own in self._given]
        after = [_copy(place, own, place.nbytes, to_stride=place.nbytes) for place, own in self._found]
        after += [_copy(source, to, to.nbytes) for source, to in carried]
        self._arguments = RepeatArguments(0, len(calls), len(before), len(after), calls)
        self._arguments.before = (CopyArguments * len(before))(*before)
        self._arguments.after = (CopyArguments * len(after))(*after)
        self._arguments.alive = calls, carried

    def prepare(self, run: int) -> None:
        """Keep what the program is given now for run number `run`, counted from 0."""
        for place, own in self._given:
            own[run] = place

    def run(self, runs: int) -> int:
        """Run the prepared runs; where a number that is checked is not finite, those from there on are left out.

        Returns:
            How many ended well.

        Raises:
            MemoryError: there is no room for the packed weights.
            IndexError: an id or a target is not a symbol.
        """
        self._arguments.runs = runs
        with suppress(FloatingPointError):
            kernels().repeat(self._arguments)
        return int(self._arguments.done)

    def look_at(self, run: int) -> None:
        """Let the program say what this run found."""
        for place, own in self._found:
            place[...] = own[run]


def places(numbers: Structure | c_double | c_int64, offset: int = 0, count: int = 1) -> Places:
    """Numbers of eight bytes in memory of ctypes; they are only copied, so that their type does not matter."""
    return np.frombuffer(memoryview(numbers), np.int64, count, offset)


def _copy(source: Places, to: Places, size: int, from_stride: int = 0, to_stride: int = 0) -> CopyArguments:
    return CopyArguments(source.ctypes.data, to.ctypes.data, from_stride, to_stride, size)

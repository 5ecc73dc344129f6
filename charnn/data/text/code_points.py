"""A text as an array of its code points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

CODE_POINTS = 0x110000
"""The number of code points in Unicode."""

Points = NDArray[np.uint32]


def points_of(text: str) -> Points:
    """(N,) the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def text_of(points: Points) -> str:
    """The text of code points."""
    return points.tobytes().decode("utf-32-le")


def classify(points: Points, kind: Callable[[str], int]) -> NDArray[np.uint8]:
    """The kind of every code point; `kind` is called once for each different one."""
    present = np.zeros(CODE_POINTS, dtype=bool)
    present[points] = True
    table = np.zeros(CODE_POINTS, dtype=np.uint8)
    for point in np.flatnonzero(present):
        table[point] = kind(chr(point))
    return table[points]

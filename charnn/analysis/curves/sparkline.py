"""A curve as one line of blocks: ▁▂▃▄▅▆▇█."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BLOCKS = "▁▂▃▄▅▆▇█"

Points = tuple[Sequence[float], Sequence[float]]


def sparklines(curves: Sequence[Points], width: int, span: tuple[float, float], *, log: bool = False) -> list[str]:
    """Curves as lines of blocks that can be compared: all have the same scale.

    A block is the mean of the points that lie in its share of the span, or else the straight line between its
    neighbours; where a curve has not begun or has ended, it is blank.

    Args:
        curves: the places, in ascending order, and the values of each.
        width: how many blocks a line has.
        span: the places where all lines begin and end.
        log: draw the logarithm; all values must be above 0 then.
    """
    drawn = [
        _resampled(places, np.log(values) if log else np.asarray(values), width, span) for places, values in curves
    ]
    heights = np.concatenate([*drawn, [np.nan]])
    heights = heights[~np.isnan(heights)]
    low, high = (heights.min(), heights.max()) if len(heights) else (0.0, 0.0)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return ["".join(" " if np.isnan(y) else BLOCKS[int((y - low) * scale + 0.5)] for y in line) for line in drawn]


def _resampled(
    places: Sequence[float], values: NDArray[np.float64], width: int, span: tuple[float, float]
) -> NDArray[np.float64]:
    """The height of each block; NaN outside the curve."""
    edges = np.linspace(*span, width + 1)
    blocks = np.clip(np.searchsorted(edges, places, side="left") - 1, 0, width - 1)
    counts = np.bincount(blocks, minlength=width)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return np.full(width, np.nan)
    means = np.bincount(blocks, values, minlength=width)[filled] / counts[filled]
    return np.interp(np.arange(width), filled, means, left=np.nan, right=np.nan)

"""Curves as lines of blocks: ▁▂▃▄▅▆▇█."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BLOCKS = "▁▂▃▄▅▆▇█"

Points = tuple[Sequence[float], Sequence[float]]


def sparklines(curves: Sequence[Points], width: int, span: tuple[float, float], *, log: bool = False) -> list[str]:
    """Curves as lines of blocks on one scale, so that they can be compared.

    A block is the mean of the points in its share of the span. Where it has none, it lies on the straight line between
    its neighbours; before a curve begins and after it ends, it is blank.

    Args:
        curves: of each the places, in ascending order, and the values.
        width: how many blocks a line has.
        span: the places where all lines begin and end.
        log: whether the logarithm is shown; all values are above 0 then.
    """
    lines = [_resampled(xs, np.log(ys) if log else np.asarray(ys), width, span) for xs, ys in curves]
    heights = np.concatenate([*lines, [np.nan]])
    heights = heights[~np.isnan(heights)]
    low, high = (heights.min(), heights.max()) if len(heights) else (0.0, 0.0)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return ["".join(" " if np.isnan(y) else BLOCKS[int((y - low) * scale + 0.5)] for y in line) for line in lines]


def _resampled(
    xs: Sequence[float], ys: NDArray[np.float64], width: int, span: tuple[float, float]
) -> NDArray[np.float64]:
    """The height of each block; NaN outside the curve."""
    edges = np.linspace(*span, width + 1)
    blocks = np.clip(np.searchsorted(edges, xs, side="left") - 1, 0, width - 1)
    counts = np.bincount(blocks, minlength=width)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return np.full(width, np.nan)
    means = np.bincount(blocks, ys, minlength=width)[filled] / counts[filled]
    return np.interp(np.arange(width), filled, means, left=np.nan, right=np.nan)

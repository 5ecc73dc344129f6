"""Zipf's law: the count of the r-th most frequent n-gram falls as a power of r."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FITTED_RANKS = 200


@dataclass(frozen=True)
class RankFrequencyCurve:
    """The rank–frequency curve of one order, and the line that is fitted to it on logarithmic axes.

        log count ≈ intercept + slope · log rank

    Attributes:
        ranks: the last rank of each different count.
        counts: these counts, from the largest down.
        slope: by least squares, at ranks that are spaced evenly on the logarithmic axis, so that the many rare n-grams
            do not outweigh the few frequent ones; 0 if there is only one n-gram.
        intercept: of the same line.
    """

    ranks: NDArray[np.int64]
    counts: NDArray[np.int64]
    slope: float
    intercept: float


def fit_curve(counts_of_counts: Mapping[int, int]) -> RankFrequencyCurve:
    """The curve of one order.

    Args:
        counts_of_counts: how many n-grams have each count.
    """
    counts = np.array(sorted(counts_of_counts, reverse=True), dtype=np.int64)
    ranks = np.cumsum([counts_of_counts[count] for count in counts.tolist()])
    chosen = np.unique(np.geomspace(1, ranks[-1], _FITTED_RANKS).round().astype(np.int64))
    x, y = np.log(chosen), np.log(counts[np.searchsorted(ranks, chosen)])
    slope, intercept = np.polyfit(x, y, 1) if len(chosen) > 1 else (0.0, y[0])
    return RankFrequencyCurve(ranks, counts, float(slope), float(intercept))

"""How well one series of numbers follows another.

    r = Σ_t (x_t − x̄)(y_t − ȳ) / √(Σ_t (x_t − x̄)² Σ_t (y_t − ȳ)²)

    AUC = P(x_inside > x_outside) + ½ P(x_inside = x_outside)

The AUC is the probability that x tells a place inside from one outside (Mann & Whitney, "On a test of whether one of
two random variables is stochastically larger than the other", 1947).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# A variance below this share of the mean square is rounding: the values are all the same.
_ROUNDING = 1e-12


def correlation(x: Values, y: Values) -> float | None:
    """The correlation of two series; None where one of them is constant."""
    sums = CorrelationSums(y[None, :])
    sums.add(0, x[:, None])
    r = float(sums.correlations()[0, 0])
    return None if np.isnan(r) else r


def area_under_curve(values: Values, inside: NDArray[np.bool_]) -> float | None:
    """The AUC; None where all places are inside, or all are outside."""
    positives = int(inside.sum())
    negatives = len(inside) - positives
    if not positives or not negatives:
        return None
    _, distinct, counts = np.unique(values, return_inverse=True, return_counts=True)
    # Equal values share the mean of their ranks.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[distinct]
    return float((ranks[inside].sum() - positives * (positives + 1) / 2) / (positives * negatives))


class CorrelationSums:
    """The sums from which the correlations of M columns with P series follow, added up stretch by stretch."""

    def __init__(self, series: NDArray[np.float64]) -> None:
        """Begin with (P, N) series, and no columns."""
        self.series = series
        self.count = 0
        self.x: Values = np.zeros(1)
        self.xx: Values = np.zeros(1)
        self.xy: Values = np.zeros(1)

    def add(self, start: int, values: NDArray[np.float64]) -> None:
        """Add (N', M) values of the columns, from `start` on."""
        y = self.series[:, start : start + len(values)]
        self.count = start + len(values) if len(values) else self.count
        self.x = self.x + values.sum(0)
        self.xx = self.xx + (values**2).sum(0)
        self.xy = self.xy + y @ values

    def correlations(self) -> NDArray[np.float64]:
        """(P, M) correlations; NaN where one of the two is constant."""
        y = self.series[:, : self.count]
        spread_x = self.xx / self.count - (self.x / self.count) ** 2
        spread_x[spread_x <= _ROUNDING * self.xx / self.count] = np.nan
        spread_y = y.var(1)
        spread_y[spread_y <= _ROUNDING * (y**2).mean(1)] = np.nan
        shared = self.xy / self.count - y.mean(1)[:, None] * (self.x / self.count)
        r: NDArray[np.float64] = shared / np.sqrt(spread_y[:, None] * spread_x)
        return r

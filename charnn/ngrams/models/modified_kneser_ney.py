"""Modified Kneser–Ney: three discounts for each length, for n-grams that occur once, twice, and more often.

Source: Chen & Goodman, "An empirical study of smoothing techniques for language modeling", 1999, section 5.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from charnn.ngrams.counting.table import Counts
from charnn.ngrams.interpolated import Interpolated, NgramCounts, Weights

_FALLBACK = (0.5, 1.0, 1.5)


class ModifiedKneserNey(Interpolated):
    """p(w|h) = (c(h w) − D(c(h w)) + (D_1 N_1(h •) + D_2 N_2(h •) + D_3+ N_3+(h •)) p(w|h')) / c(h).

    D_1 = 1 − 2Y n_2/n_1, D_2 = 2 − 3Y n_3/n_2, D_3+ = 3 − 4Y n_4/n_3 with Y = n_1 / (n_1 + 2 n_2), where n_c is the
    number of n-grams with count c. The highest order counts occurrences; the shorter ones count contexts. If a corpus
    has no n-grams with one of these counts, or if a discount would not be between 0 and its count, the discounts of
    that length are 0.5, 1 and 1.5. That happens in character models, whose few symbols all occur often.
    """

    continuation: ClassVar[bool] = True

    def weigh(self, counts: NgramCounts) -> Weights:
        """α = (c(h w) − D(c(h w))) / c(h), γ = (D_1 N_1(h •) + D_2 N_2(h •) + D_3+ N_3+(h •)) / c(h)."""
        estimated = discounts(counts.counts)
        d1, d2, d3 = estimated or _FALLBACK
        by_count = np.array([0.0, d1, d2, d3])
        kept = counts.counts - by_count[np.minimum(counts.counts, 3)]
        left = d1 * counts.types(1, 1) + d2 * counts.types(2, 2) + d3 * counts.types(3)
        return Weights.of(counts, kept, left, counts.totals, fixed=estimated is None)


def discounts(counts: Counts) -> tuple[float, float, float] | None:
    """D_1, D_2, D_3+ for n-grams with these counts; None where they allow no estimate."""
    n1, n2, n3, n4 = (np.count_nonzero(counts == count) for count in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return None
    y = n1 / (n1 + 2 * n2)
    estimated = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    usable = all(0 < discount <= count for count, discount in enumerate(estimated, start=1))
    return estimated if usable else None

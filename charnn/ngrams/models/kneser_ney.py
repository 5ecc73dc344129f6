"""Interpolated Kneser–Ney with one discount for each length of n-grams.

Source: Kneser & Ney, "Improved backing-off for m-gram language modeling", 1995; Chen & Goodman, 1999, section 4.1.6.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from charnn.configuration.types import Probability, Section
from charnn.ngrams.interpolated import Interpolated, NgramCounts, Weights

_FALLBACK = 0.75


class KneserNey(Interpolated):
    """p(w|h) = (max(c(h w) − D, 0) + D N_1+(h •) p(w|h')) / c(h), D = n_1 / (n_1 + 2 n_2).

    n_c is the number of n-grams with count c. The highest order counts occurrences; the shorter ones count contexts.
    If a corpus has no n-grams with count 1 or none with count 2, D is 0.75.
    """

    class Options(Section):
        """Its keys."""

        discount: Probability | None = None
        """The discount D; null: it is estimated for each length of n-grams."""

    continuation: ClassVar[bool] = True
    options: Options

    def weigh(self, counts: NgramCounts) -> Weights:
        """α = max(c(h w) − D, 0) / c(h), γ = D N_1+(h •) / c(h)."""
        discount = self._discount(counts)
        fixed = discount is None
        d = _FALLBACK if discount is None else discount
        return Weights.of(counts, np.maximum(counts.counts - d, 0), d * counts.followers, counts.totals, fixed=fixed)

    def _discount(self, counts: NgramCounts) -> float | None:
        """D; None where the counts allow no estimate."""
        if self.options.discount is not None:
            return self.options.discount
        once, twice = (np.count_nonzero(counts.counts == count) for count in (1, 2))
        return once / (once + 2 * twice) if once and twice else None

"""Witten–Bell: the more different symbols followed a context, the likelier it is that a new one follows.

Source: Witten & Bell, "The zero-frequency problem", 1991 (method C).
"""

from __future__ import annotations

from charnn.ngrams.interpolated import Interpolated, NgramCounts, Weights


class WittenBell(Interpolated):
    """p(w|h) = (c(h w) + N_1+(h •) p(w|h')) / (c(h) + N_1+(h •))."""

    def weigh(self, counts: NgramCounts) -> Weights:
        """α = c(h w) / (c(h) + N_1+(h •)), γ = N_1+(h •) / (c(h) + N_1+(h •))."""
        types = counts.followers
        return Weights.of(counts, counts.counts, types, counts.totals + types)

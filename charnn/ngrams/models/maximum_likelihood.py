"""Maximum likelihood: relative frequencies."""

from __future__ import annotations

from charnn.ngrams.interpolated import Interpolated, NgramCounts, Weights


class MaximumLikelihood(Interpolated):
    """p(w|h) = c(h w) / c(h), so that an n-gram that was never seen has probability 0.

    After a context that was never seen, the probabilities are those of the next shorter context.
    """

    def weigh(self, counts: NgramCounts) -> Weights:
        """α = c(h w) / c(h), γ = 0."""
        return Weights.of(counts, counts.counts, 0 * counts.totals, counts.totals)

"""Add-k: k is added to every count (k = 1: Laplace)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Le

from charnn.configuration.types import Positive, Section
from charnn.ngrams.interpolated import Interpolated, NgramCounts, Weights


class AddK(Interpolated):
    """p(w|h) = (c(h w) + k) / (c(h) + k V)."""

    class Options(Section):
        """Its keys."""

        k: Annotated[Positive, Le(1e9)] = 1.0
        """What is added to every count."""

    to_uniform: ClassVar[bool] = True
    options: Options

    def weigh(self, counts: NgramCounts) -> Weights:
        """α = c(h w) / (c(h) + k V), γ = k V / (c(h) + k V); γ is the weight of the uniform distribution 1/V."""
        added = self.options.k * counts.vocabulary
        totals = counts.totals + added
        return Weights(counts.counts / totals[counts.contexts], added / totals)

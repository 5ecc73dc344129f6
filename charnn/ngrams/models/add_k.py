"""Add-k: every symbol is counted k times more than it was seen (k = 1: Laplace)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Le

from charnn.configuration.types import Positive, Section
from charnn.ngrams.interpolated import Children, Interpolated, Weights


class Options(Section):
    """How much is added to every count."""

    k: Annotated[Positive, Le(1e9)] = 1.0


class Model(Interpolated):
    """p(w|h) = (c(h w) + k) / (c(h) + k V)."""

    to_uniform: ClassVar[bool] = True
    options: Options

    def weigh(self, children: Children) -> Weights:
        """α = c(h w) / (c(h) + k V), γ = k V / (c(h) + k V), both to the uniform distribution 1/V."""
        added = self.options.k * children.vocabulary
        totals = children.totals + added
        return Weights(children.counts / totals[children.contexts], added / totals)

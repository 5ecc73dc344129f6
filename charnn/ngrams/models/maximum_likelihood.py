"""Maximum likelihood: relative frequencies."""

from __future__ import annotations

from charnn.configuration.types import Section
from charnn.ngrams.interpolated import Children, Interpolated, Weights


class Options(Section):
    """None."""


class Model(Interpolated):
    """p(w|h) = c(h w) / c(h): what was never seen has probability 0.

    After a context that was never seen, the next shorter one decides.
    """

    def weigh(self, children: Children) -> Weights:
        """α = c(h w) / c(h), γ = 0."""
        return Weights.of(children, children.counts, 0 * children.totals, children.totals)

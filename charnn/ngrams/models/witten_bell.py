"""Witten–Bell: a context that was followed by many different symbols will be followed by new ones.

Source: Witten & Bell, "The zero-frequency problem", 1991 (method C).
"""

from __future__ import annotations

from charnn.configuration.types import Section
from charnn.ngrams.interpolated import Children, Interpolated, Weights


class Options(Section):
    """None."""


class Model(Interpolated):
    """p(w|h) = (c(h w) + N_1+(h •) p(w|h')) / (c(h) + N_1+(h •))."""

    def weigh(self, children: Children) -> Weights:
        """α = c(h w) / (c(h) + N_1+(h •)), γ = N_1+(h •) / (c(h) + N_1+(h •))."""
        types = children.types(1)
        return Weights.of(children, children.counts, types, children.totals + types)

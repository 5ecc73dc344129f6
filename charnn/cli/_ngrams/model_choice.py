"""Which Markov models `charnn ngram-stats` makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charnn.cli._shared.terminal import console

if TYPE_CHECKING:
    from charnn.ngrams.model import Fit
    from charnn.ngrams.models import MarkovModel


@dataclass(frozen=True)
class ModelChoice:
    """The name of a model, its options as `key=value`, and the highest order."""

    name: str
    settings: Sequence[str]
    order: int

    def fit(self) -> Fit:
        """The function that makes the models.

        Raises:
            UsageError: there is no such model, or its options are wrong.
        """
        from charnn.ngrams.model import fitting

        return fitting(self.name, self.settings)


def note_fixed_discounts(model: MarkovModel) -> None:
    """Say for which n-grams discounts could not be estimated, where there are some."""
    if model.fixed_lengths:
        lengths = ", ".join(map(str, model.fixed_lengths))
        console().print(f"the discounts of n-grams of length {lengths} are fixed: their counts allow no estimate")

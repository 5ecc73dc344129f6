"""Which Markov models `charnn ngram-stats` makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charnn.ngrams.model import Fit


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

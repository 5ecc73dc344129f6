"""Averages of the weights over a training: one file a kind, a class with its keys.

What is validated, kept as the best and the last weights, and sampled from is then the average; what goes on learning
is not.
"""

from __future__ import annotations

from abc import abstractmethod

from charnn.configuration.families import Family
from charnn.configuration.types import Part


class Average(Part):
    """How much of the newest weights an average takes in after each update."""

    @abstractmethod
    def share(self, step: int) -> float:
        """α of w̄ ← w̄ + α (w − w̄), w the weights after an update.

        Args:
            step: the updates done so far, this one too.
        """


AVERAGES = Family("average", Average)

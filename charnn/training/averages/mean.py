"""The mean of all weights from a step k₀ on: α = 1 / (k − k₀), and 1 up to there.

Source: Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992; for language models Merity,
Keskar & Socher, 2018.
"""

from __future__ import annotations

from charnn.configuration.types import Whole
from charnn.training.averages import Average


class Mean(Average):
    """`average_from` is k₀."""

    average_from: Whole = 0
    """The step after which weights are taken into the mean."""

    def share(self, step: int) -> float:
        """1 / (k − k₀)."""
        return 1 / max(1, step - self.average_from)

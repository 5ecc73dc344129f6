"""A learning rate that falls all the time: η_k = η · multiply_by^(k / every)."""

from __future__ import annotations

from charnn.configuration.types import Count, Probability
from charnn.training.schedules import Schedule


class Exponential(Schedule):
    """Multiply by `multiply_by` over every `every` steps, a little at each."""

    every: Count
    """Steps after which the rate has shrunk once."""
    multiply_by: Probability = 0.5
    """What it is multiplied by."""

    def factor(self, step: int, progress: float) -> float:
        """multiply_by^(step / every)."""
        return float(self.multiply_by ** (step / self.every))

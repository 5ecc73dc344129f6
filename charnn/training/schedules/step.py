"""A learning rate that falls in steps: η_k = η · multiply_by^⌊k / every⌋."""

from __future__ import annotations

from charnn.configuration.types import Count, Probability
from charnn.training.schedules import Schedule


class Step(Schedule):
    """Multiply by `multiply_by` after every `every` steps."""

    every: Count
    """Steps after which the rate shrinks at once."""
    multiply_by: Probability = 0.5
    """What it is multiplied by."""

    def factor(self, step: int, progress: float) -> float:
        """multiply_by^⌊step / every⌋."""
        return float(self.multiply_by ** (step // self.every))

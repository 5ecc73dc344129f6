"""A learning rate that stays: η_k = η."""

from __future__ import annotations

from charnn.training.schedules import Schedule


class Constant(Schedule):
    """No keys."""

    def factor(self, step: int, progress: float) -> float:
        """1."""
        return 1.0

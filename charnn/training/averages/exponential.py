"""The exponential moving average, which forgets what is old: α = 1 − β.

At first it forgets faster, so that the weights of the beginning are soon gone: β_k = min(β, k / (9 + k)) after k + 1
updates.

Source: Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992, for averages; the warm-up is
close to that of TensorFlow's `ExponentialMovingAverage`.
"""

from __future__ import annotations

from charnn.configuration.types import Fraction
from charnn.training.averages import Average


class Exponential(Average):
    """`average_decay` is β."""

    average_decay: Fraction = 0.999
    """How slowly the mean forgets; at first it forgets faster."""

    def share(self, step: int) -> float:
        """1 − β_k."""
        return 1 - min(self.average_decay, (step - 1) / (step + 8))

"""Warm-up, then half a cosine down to `floor`.

    η_k = η · min(1, (k + 1) / warmup_steps) · (floor + (1 − floor) · ½ (1 + cos(π · progress)))

Sources: Loshchilov & Hutter, "SGDR", 2017 (the cosine); Goyal et al., "Accurate, large minibatch SGD", 2017
(the warm-up).
"""

from __future__ import annotations

import math

from charnn.configuration.types import Fraction, Whole
from charnn.training.schedules import Schedule


class Cosine(Schedule):
    """`floor` is the share of the learning rate that is left at the end."""

    warmup_steps: Whole = 0
    """Steps in which the rate rises from 0."""
    floor: Fraction = 0.0
    """The share of the rate that is left at the end."""

    def factor(self, step: int, progress: float) -> float:
        """The formula above."""
        warmth = min(1.0, (step + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        wave = (1 + math.cos(math.pi * min(1.0, progress))) / 2
        return warmth * (self.floor + (1 - self.floor) * wave)

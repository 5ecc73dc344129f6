"""Stochastic gradient descent, with momentum where asked.

    v ← μ v + g      w ← w − η v

Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch.nn import Parameter
from torch.optim import SGD

from charnn.configuration.sections import Fraction, NonNegative, Positive
from charnn.training.optimizers import Rule, fused


class Options(Rule):
    """η is `learning_rate`, μ is `momentum`."""

    learning_rate: Positive = 1.0
    momentum: Fraction = 0.0
    weight_decay: NonNegative = 0.0

    def build(self, parameters: Sequence[Parameter]) -> SGD:
        """The optimiser of these parameters."""
        return SGD(
            parameters,
            self.learning_rate,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            fused=fused(parameters),
        )

"""Stochastic gradient descent, with momentum where asked.

    v ← μ v + g      w ← w − η v

Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charnn.configuration.types import Fraction, NonNegative, Positive
from charnn.training.optimizers import Optimizer, fused

if TYPE_CHECKING:  # a configuration is read without torch
    from torch import optim
    from torch.nn import Parameter

    from charnn.kernels.rules import Rule
    from charnn.training.updates.memory import Memory


class SGD(Optimizer):
    """η is `learning_rate`, μ is `momentum`."""

    learning_rate: Positive = 1.0
    """η."""
    momentum: Fraction = 0.0
    """How much of the step before is taken again."""
    weight_decay: NonNegative = 0.0
    """The share of the weights that is added to their gradient."""

    def build(self, parameters: Sequence[Parameter]) -> optim.SGD:
        """The optimiser of torch that has these keys, for these parameters."""
        from torch import optim

        return optim.SGD(
            parameters,
            self.learning_rate,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            fused=fused(parameters),
        )

    def rule(self, memory: Memory) -> Rule:
        """The same update for compiled code."""
        from charnn.kernels.rules import Rule

        return Rule(
            "sgd",
            first=memory.of("momentum_buffer") if self.momentum else (),
            decay=memory.group("weight_decay"),
            momentum=self.momentum,
        )

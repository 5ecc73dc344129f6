"""RMSprop: Adagrad with a memory that fades.

    m ← α m + (1 − α) g²      w ← w − η g / (√m + ε)

Source: Tieleman & Hinton, "Lecture 6.5", Neural Networks for Machine Learning, 2012.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charnn.configuration.types import Fraction, Positive
from charnn.training.optimizers import Optimizer

if TYPE_CHECKING:  # a configuration is read without torch
    from torch import optim
    from torch.nn import Parameter

    from charnn.kernels.rules import Rule
    from charnn.training.updates.memory import Memory


class RMSprop(Optimizer):
    """η is `learning_rate`, α is `decay`, ε is `epsilon`."""

    learning_rate: Positive = 0.002
    """η."""
    decay: Fraction = 0.95
    """How slowly the mean of squares forgets."""
    momentum: Fraction = 0.0
    """How much of the step before is taken again."""
    epsilon: Positive = 1e-8
    """ε, which keeps the divisor from 0."""

    def build(self, parameters: Sequence[Parameter]) -> optim.RMSprop:
        """The optimiser of torch that has these keys, for these parameters."""
        from torch import optim

        return optim.RMSprop(parameters, self.learning_rate, alpha=self.decay, eps=self.epsilon, momentum=self.momentum)

    def rule(self, memory: Memory) -> Rule:
        """The same update for compiled code."""
        from charnn.kernels.rules import Rule

        return Rule(
            "rmsprop",
            first=memory.of("square_avg"),
            second=memory.of("momentum_buffer") if self.momentum else (),
            steps=memory.steps(),
            momentum=self.momentum,
            epsilon=self.epsilon,
            fade=(self.decay, 0.0),
        )

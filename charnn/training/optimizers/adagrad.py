"""Adagrad: every weight's rate falls with the squares of its own gradients.

    m ← m + g²      w ← w − η g / (√m + ε)      or, with ε inside the root,  w ← w − η g / √(m + ε)

Source: Duchi, Hazan & Singer, "Adaptive subgradient methods", 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charnn.configuration.types import Positive
from charnn.training.optimizers import Optimizer, fused

if TYPE_CHECKING:  # a configuration is read without torch
    from torch import optim
    from torch.nn import Parameter

    from charnn.kernels.rules import Rule
    from charnn.training.updates.memory import Memory


class Adagrad(Optimizer):
    """η is `learning_rate`, ε is `epsilon`; the classic NumPy program has ε = 1e-8 inside the root."""

    learning_rate: Positive = 0.1
    """η."""
    epsilon: Positive = 1e-8
    """ε, which keeps the divisor from 0."""
    epsilon_inside_root: bool = False
    """Whether ε is added under the root, as the classic program does."""

    def build(self, parameters: Sequence[Parameter]) -> optim.Adagrad:
        """The optimiser of torch that has these keys, for these parameters."""
        from torch import optim

        if self.epsilon_inside_root:
            # √(m + ε) is what a memory that starts at ε, instead of 0, gives.
            return optim.Adagrad(
                parameters, self.learning_rate, initial_accumulator_value=self.epsilon, eps=0.0, fused=fused(parameters)
            )
        return optim.Adagrad(parameters, self.learning_rate, eps=self.epsilon, fused=fused(parameters))

    def rule(self, memory: Memory) -> Rule:
        """The same update for compiled code."""
        from charnn.kernels.rules import Rule

        epsilon = 0.0 if self.epsilon_inside_root else self.epsilon
        return Rule("adagrad", first=memory.of("sum"), steps=memory.steps(), epsilon=epsilon)

"""Adam: a mean of gradients over the root of a mean of their squares, both corrected for their start.

    m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²
    w ← w − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)

Source: Kingma & Ba, "Adam: a method for stochastic optimization", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charnn.configuration.types import Fraction, Positive
from charnn.training.optimizers import Optimizer, fused

if TYPE_CHECKING:  # a configuration is read without torch
    from torch import optim
    from torch.nn import Parameter

    from charnn.kernels.rules import Rule
    from charnn.training.updates.memory import Memory


class Adam(Optimizer):
    """η is `learning_rate`, β₁ and β₂ are `betas`, ε is `epsilon`."""

    learning_rate: Positive = 0.002
    """η."""
    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    """β₁ and β₂, how slowly the two means forget."""
    epsilon: Positive = 1e-8
    """ε, which keeps the divisor from 0."""

    def build(self, parameters: Sequence[Parameter]) -> optim.Adam:
        """The optimiser of torch that has these keys, for these parameters."""
        from torch import optim

        return optim.Adam(parameters, self.learning_rate, betas=self.betas, eps=self.epsilon, fused=fused(parameters))

    def rule(self, memory: Memory) -> Rule:
        """The same update for compiled code."""
        from charnn.kernels.rules import Rule

        return Rule(
            "adam",
            first=memory.of("exp_avg"),
            second=memory.of("exp_avg_sq"),
            steps=memory.steps(),
            decay=memory.group("weight_decay"),
            epsilon=self.epsilon,
            fade=self.betas,
        )

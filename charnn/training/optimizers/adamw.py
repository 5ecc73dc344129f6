"""AdamW: Adam, with a weight decay that does not pass through its means.

    w ← (1 − η λ) w, then Adam's step

Source: Loshchilov & Hutter, "Decoupled weight decay regularization", 2019.
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


class AdamW(Optimizer):
    """η is `learning_rate`, β₁ and β₂ are `betas`, ε is `epsilon`, λ is `weight_decay` (not on biases)."""

    learning_rate: Positive = 0.002
    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    epsilon: Positive = 1e-8
    weight_decay: NonNegative = 0.01

    def build(self, parameters: Sequence[Parameter]) -> optim.AdamW:
        """The optimiser of torch that has these keys, for these parameters."""
        from torch import optim

        weights = [parameter for parameter in parameters if parameter.dim() > 1]
        biases = [parameter for parameter in parameters if parameter.dim() == 1]
        groups = [
            {"params": weights, "weight_decay": self.weight_decay},
            {"params": biases, "weight_decay": 0.0},
        ]
        return optim.AdamW(groups, self.learning_rate, betas=self.betas, eps=self.epsilon, fused=fused(parameters))

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

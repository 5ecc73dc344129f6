"""AdamW: Adam, with a weight decay that does not pass through its means.

    w ← (1 − η λ) w, then Adam's step

Source: Loshchilov & Hutter, "Decoupled weight decay regularization", 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charnn.configuration.types import NonNegative
from charnn.training.optimizers import fused
from charnn.training.optimizers.adam import Adam

if TYPE_CHECKING:  # a configuration is read without torch
    from torch import optim
    from torch.nn import Parameter


class AdamW(Adam):
    """η is `learning_rate`, β₁ and β₂ are `betas`, ε is `epsilon`, λ is `weight_decay` (not on biases)."""

    weight_decay: NonNegative = 0.01
    """The share of the rate by which weights, and not biases, shrink in each update."""

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

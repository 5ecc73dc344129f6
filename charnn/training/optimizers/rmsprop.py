"""RMSprop: Adagrad with a memory that fades.

    m ← α m + (1 − α) g²      w ← w − η g / (√m + ε)

Source: Tieleman & Hinton, "Lecture 6.5", Neural Networks for Machine Learning, 2012.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch.nn import Parameter
from torch.optim import RMSprop

from charnn.configuration.sections import Fraction, Positive
from charnn.training.optimizers import Rule


class Options(Rule):
    """η is `learning_rate`, α is `decay`, ε is `epsilon`."""

    learning_rate: Positive = 0.002
    decay: Fraction = 0.95
    momentum: Fraction = 0.0
    epsilon: Positive = 1e-8

    def build(self, parameters: Sequence[Parameter]) -> RMSprop:
        """The optimiser of these parameters."""
        return RMSprop(parameters, self.learning_rate, alpha=self.decay, eps=self.epsilon, momentum=self.momentum)

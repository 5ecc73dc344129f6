"""A decision, character by character.

    belief after t characters   p(label | x_1 … x_t) = softmax(W_qh h_t + b_q)
    weight of character t       x_t · ∂/∂x_t log (p / (1 − p)),  p the last belief in the label

The weight is the gradient of the log-odds along the character's own vector, one-hot or embedded: to first order, what
the log-odds lose if the character is taken away. Where it is positive, the character speaks for the label.

Sources: Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks", 2014 (for pictures); Li, Chen, Hovy &
Jurafsky, "Visualizing and understanding neural models in NLP", 2016.

T characters · K labels · D what the bottom layer reads
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from charnn.bptt.execution import Execution
from charnn.networks.classifier import Classifier
from charnn.networks.stack import Stack


@dataclass(frozen=True)
class Decision:
    """What a classifier makes of a text.

    Attributes:
        symbols: the characters.
        labels: the names of the labels.
        beliefs: (T, K) the probability of each label after each character.
        label: the number of the label that the weights are about.
        weights: (T,) how much each character speaks for it.
    """

    symbols: Sequence[str]
    labels: Sequence[str]
    beliefs: NDArray[np.float64]
    label: int
    weights: NDArray[np.float64]

    @property
    def answer(self) -> int:
        """The number of the likeliest label."""
        return int(self.beliefs[-1].argmax())

    def leaders(self) -> list[int]:
        """The likeliest label after each character."""
        return [int(number) for number in self.beliefs.argmax(1)]


def decide(
    network: Classifier, ids: Int[Tensor, " T"], symbols: Sequence[str], labels: Sequence[str], label: int | None = None
) -> Decision:
    """Follow a decision through a text.

    Args:
        network: the classifier.
        ids: the text.
        symbols: its characters, for people.
        labels: the names of the labels.
        label: the number of the label that is asked about; by default the likeliest one.
    """
    x = (
        functional.one_hot(ids, network.layers[0].inputs).to(network.b_q.dtype)
        if network.embedding is None
        else functional.embedding(ids, network.embedding)
    )
    x = x[:, None].detach().requires_grad_()
    h, _ = network.run(x, Stack.zero_state(network, 1), Execution.of())
    logits = network.readout.logits(h)[:, 0]
    beliefs = torch.softmax(logits.double(), -1).detach().cpu().numpy()
    chosen = int(beliefs[-1].argmax()) if label is None else label
    last = torch.log_softmax(logits[-1], -1)
    others = torch.cat((last[:chosen], last[chosen + 1 :]))
    (gradient,) = torch.autograd.grad(last[chosen] - torch.logsumexp(others, 0), x)
    weights = (gradient * x).sum(-1)[:, 0].detach().double().cpu().numpy()
    return Decision(list(symbols), list(labels), beliefs, chosen, weights)

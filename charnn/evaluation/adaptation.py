"""Adaptation: a network learns from a text while it reads it, always from what it has already been scored on.

    θ ← θ − η D g + λ R (θ₀ − θ),    g = ∂/∂θ of the mean loss of the last piece of 25 symbols

θ₀ are the trained weights, λ how fast the network comes back to them. Plain steps have D = R = 1; with s = √(mean of g²
over the training part) and its mean s̄ over all weights, scaled ones have D = s̄ / (s + s̄/1000) and R = s / s̄, but λR no
greater than 1. The rate η is learned on the way from the angle between a step and the one before it:

    log η ← log η + β cos(g_t, D g_{t−1}),    β = 0.3,    0.1 ≤ η ≤ 0.3

because steps that point the same way should have been longer, and steps that point back shorter.

Sources: Mikolov et al., "Recurrent neural network based language model", 2010; Krause, Kahembwe, Murray & Renals,
"Dynamic evaluation of neural sequence models", 2018; for the rate Almeida et al., "Parameter adaptation in stochastic
optimization", 1999, and Baydin et al., "Online learning rate adaptation with hypergradient descent", 2018.

N symbols · V symbols in the vocabulary
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import get_total_norm

from charnn.errors import DivergedError
from charnn.networks.decoder import Decoder
from charnn.networks.stack import States, detached

PIECE = 25
"""So many symbols are read between two steps."""
RATE = 0.1
"""The rate that reading begins with, where none was learned."""
RATE_GAIN = 0.3
"""β."""
SMALLEST_RATE, LARGEST_RATE = 0.1, 0.3
"""A learned rate falls and grows no further. In tables and lists steps point back for so long that a network would have
ceased to learn when they end; in verse, or where a text repeats itself, they point the same way for longer than what
they teach holds. The greatest was the best of three fixed rates on a part of tiny-shakespeare's training part."""
_FLOOR = 1e-3


@dataclass(frozen=True)
class Adaptation:
    """How a network adapts.

    Attributes:
        rate: η, at the beginning.
        learns_rate: whether the rate changes on the way.
        decay: λ.
        scales: s of each parameter by its name; None for plain steps.
    """

    rate: float = RATE
    learns_rate: bool = True
    decay: float = 0.0
    scales: Mapping[str, NDArray[Any]] | None = None


class AdaptingNetwork:
    """A network that reads a text, piece by piece, and learns from each piece once it was read.

    Attributes:
        network: as it is now; the network that it was made of stays as it is.
        states: the state after what was read.
        rate: η.
    """

    def __init__(self, network: Decoder, adaptation: Adaptation, states: States | None = None) -> None:
        """Begin with the trained weights.

        Args:
            network: the trained network.
            adaptation: how it adapts.
            states: the state before the text; by default that before anything was read.
        """
        self.network = deepcopy(network)
        self._parameters = list(self.network.parameters())
        # A step takes no number that the weights could not be.
        self.adaptation, self.rate = adaptation, min(adaptation.rate, torch.finfo(self._parameters[0].dtype).max)
        self.states = network.zero_state(1) if states is None else states
        self._trained = [parameter.detach().clone() for parameter in self._parameters]
        self._steps, self._returns = self._scaled([name for name, _ in self.network.named_parameters()])
        self._before: Sequence[Tensor] | None = None

    def probabilities(self, ids: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N, V) the probability of each symbol after each of N, before the network learns from those that came.

        Raises:
            DivergedError: the gradient is not finite.
        """
        device = self.network.device
        logits = self.read(torch.from_numpy(ids).to(device))
        p = torch.softmax(logits.detach().double(), -1)
        self.learn(logits, torch.from_numpy(targets).to(device))
        return np.asarray(p.cpu().numpy())

    def read(self, ids: Int[Tensor, " N"]) -> Float[Tensor, "N V"]:
        """The logits of the symbol after each of some, before anything is learned from them."""
        logits, self.states = self.network.logits(ids[:, None], detached(self.states))
        return logits[:, 0]

    def learn(self, logits: Float[Tensor, "N V"], targets: Int[Tensor, " N"]) -> None:
        """One step, from the symbols that came after those that were read last.

        Raises:
            DivergedError: the gradient is not finite.
        """
        for parameter in self._parameters:
            parameter.grad = None
        functional.cross_entropy(logits, targets).backward()  # type: ignore[no-untyped-call]
        g = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        length = float(get_total_norm(g))
        if not math.isfinite(length):
            raise DivergedError(f"the network diverged while it adapted, with the rate {self.rate:.3g}")
        step = g if self._steps is None else [D * one for D, one in zip(self._steps, g, strict=True)]
        self._learn_rate(g, length)
        self._before = step
        with torch.no_grad():
            for number, (parameter, one) in enumerate(zip(self._parameters, step, strict=True)):
                parameter.sub_(one, alpha=self.rate)
                if self._returns is not None:
                    parameter.add_(self._returns[number] * (self._trained[number] - parameter))

    def _learn_rate(self, g: Sequence[Tensor], length: float) -> None:
        """Log η ← log η + β cos(g_t, D g_{t−1})."""
        if self._before is None or not self.adaptation.learns_rate:
            return
        product = sum(
            float(torch.dot(one.flatten(), other.flatten())) for one, other in zip(g, self._before, strict=True)
        )
        lengths = length * float(get_total_norm(self._before))
        if lengths > 0:
            smallest, largest = min(SMALLEST_RATE, self.adaptation.rate), max(LARGEST_RATE, self.adaptation.rate)
            self.rate = min(max(self.rate * math.exp(RATE_GAIN * product / lengths), smallest), largest)

    def _scaled(self, names: Sequence[str]) -> tuple[list[Tensor] | None, list[Any] | None]:
        """D of each parameter, and λR; None where they change nothing."""
        scales, decay = self.adaptation.scales, self.adaptation.decay
        if scales is None:
            return None, [decay] * len(names) if decay else None
        s = [
            torch.from_numpy(scales[name]).to(parameter)
            for name, parameter in zip(names, self._parameters, strict=True)
        ]
        mean = float(torch.cat([one.flatten() for one in s]).mean())
        returns = [(decay * one / mean).clamp_max(1.0) for one in s] if decay else None
        return [mean / (one + _FLOOR * mean) for one in s], returns

"""Reading a running text with one or several networks, which may adapt, and may be mixed with a Markov model.

What is said of a symbol depends on the symbols before it alone: a piece is scored first, and learned from afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from charnn.data.text.units import Ids
from charnn.errors import DivergedError, InputError
from charnn.evaluation.adaptation import PIECE, Adaptation, AdaptingNetwork
from charnn.evaluation.mixing import Floats, Kinds
from charnn.evaluation.score import Score
from charnn.mixture.stored import Mixture, kinds_of
from charnn.networks.decoder import Decoder
from charnn.networks.stack import States
from charnn.ngrams.growing import LONGEST, GrowingCounts

_STEPS = 4096


@dataclass
class Reader:
    """Networks with one vocabulary, which read a text together: their probabilities are averaged.

    Attributes:
        networks: the trained networks.
        adaptation: how they adapt; None: they stay as they are.
        mixture: the Markov model that they are mixed with; None: there is none.
    """

    networks: Sequence[Decoder]
    adaptation: Adaptation | None = None
    mixture: Mixture | None = None

    def __post_init__(self) -> None:
        self._states: list[States] = [network.zero_state(1) for network in self.networks]
        adaptation = self.adaptation
        self.adapting = [AdaptingNetwork(network, adaptation) for network in self.networks] if adaptation else []
        self.grown = GrowingCounts() if adaptation and self.mixture else None
        self.weights = self.mixture.begin(3 if self.grown else 2) if self.mixture else None

    @property
    def states(self) -> list[States]:
        """The state of each network after what was read."""
        return [one.states for one in self.adapting] or self._states

    @property
    def learns(self) -> bool:
        """Whether anything is learned from what was read."""
        return bool(self.adapting) or (self.mixture is not None and not self.mixture.is_learned)

    def score(self, ids: Ids, name: str = "the text") -> Score:
        """The loss of each symbol of a text but the first.

        Raises:
            InputError: the text has fewer than two characters.
            DivergedError: the loss is not finite, or a network diverged while it adapted.
        """
        if len(ids) < 2:
            raise InputError(f"{name} has {len(ids)} characters; a score needs at least 2")
        score = Score(np.concatenate(list(self._losses(ids.astype(np.int64)))))
        if not math.isfinite(score.nats):
            how = "the network diverged while it adapted" if self.adapting else "the model's weights have diverged"
            raise DivergedError(f"the loss over {name} is {score.nats}: {how}")
        return score

    def take_in(self, ids: Ids) -> None:
        """Read a text, and learn from it what there is to be learned, without its score."""
        for _ in self._losses(ids.astype(np.int64)):
            pass

    def experts(self, ids: Ids) -> tuple[Floats, Kinds]:
        """(N, J) the probability of each symbol but the first in each expert, and (N,) the kind of its context.

        The mixture's weights have no part in it.
        """
        pieces = [self._read(ids.astype(np.int64), begin)[1:] for begin in range(0, len(ids) - 1, self._piece)]
        return np.concatenate([p for p, _ in pieces]), np.concatenate([kinds for _, kinds in pieces])

    @property
    def _piece(self) -> int:
        return PIECE if self.adapting else _STEPS

    def _losses(self, ids: NDArray[np.int64]) -> Iterator[Floats]:
        for begin in range(0, len(ids) - 1, self._piece):
            p, parts, kinds = self._read(ids, begin)
            if self.weights is not None and self.learns:
                self.weights.learn(kinds, parts)
            with np.errstate(divide="ignore"):
                yield -np.log(p)

    def _read(self, ids: NDArray[np.int64], begin: int) -> tuple[Floats, Floats, Kinds]:
        """Read a piece, and learn from it: each symbol's probability, those in each expert, and the kinds."""
        inputs, targets = ids[begin : begin + self._piece], ids[begin + 1 : begin + 1 + self._piece]
        inputs = inputs[: len(targets)]
        network, greatest = self._of_networks(inputs, targets)
        if self.mixture is None or self.weights is None:
            return network, network[:, None], np.zeros(len(network), dtype=np.int64)
        context = min(begin, self.mixture.model.order)
        read = ids[begin - context : begin + 1 + len(targets)].astype(np.uint32)
        markov = self.mixture.model.probabilities(read)[context + 1 :]
        parts, lengths = [network, markov], np.zeros(len(targets), dtype=np.int64)
        if self.grown is not None:
            grown, lengths = self._grow(ids, begin, targets, markov)
            parts.append(grown)
        p, kinds = np.stack(parts, axis=1), kinds_of(greatest, lengths)
        return (self.weights.of(kinds) * p).sum(1), p, kinds

    def _of_networks(self, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """(N,) the probability of each target in the mean of the networks, and the greatest one that there is."""
        ids, asked = torch.from_numpy(inputs), torch.from_numpy(targets)
        read = [self._of_network(number, ids, asked) for number in range(len(self.networks))]
        p = torch.stack(read).mean(0)
        return p.gather(1, asked[:, None])[:, 0].numpy(), p.amax(1).numpy()

    def _of_network(self, number: int, ids: Int[Tensor, " N"], targets: Int[Tensor, " N"]) -> Float[Tensor, "N V"]:
        """The probabilities that a network gives, before it learns from the targets where it adapts."""
        device = self.networks[number].device
        if self.adapting:
            adapting = self.adapting[number]
            logits = adapting.read(ids.to(device))
            p = torch.softmax(logits.detach().double(), -1)
            adapting.learn(logits, targets.to(device))
            return p.cpu()
        with torch.no_grad():
            read, self._states[number] = self.networks[number].logits(ids[:, None].to(device), self._states[number])
            return torch.softmax(read[:, 0].double(), -1).cpu()

    def _grow(
        self, ids: NDArray[np.int64], begin: int, targets: NDArray[np.int64], markov: Floats
    ) -> tuple[Floats, Kinds]:
        """Each target in the counts of what was read before it, and the length of the context that they have."""
        assert self.grown is not None
        before = ids[max(0, begin - LONGEST) : begin + len(targets)].tolist()
        first = begin - max(0, begin - LONGEST)
        found, lengths = np.empty(len(targets)), np.empty(len(targets), dtype=np.int64)
        for place, (symbol, other) in enumerate(zip(targets.tolist(), markov.tolist(), strict=True)):
            context = before[max(0, first + place + 1 - LONGEST) : first + place + 1]
            found[place], lengths[place] = self.grown.probability(context, symbol, other)
            self.grown.add(context, symbol)
        return found, lengths

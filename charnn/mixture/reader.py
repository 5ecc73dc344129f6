"""Reading a running text with one or several networks, which may adapt, and may be mixed with a Markov model.

What is said of a symbol depends on the symbols before it alone: a piece is scored first, and learned from afterwards.
No torch where nothing adapts and kernels can read.

N symbols · V symbols in the vocabulary · J experts
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids
from charnn.errors import DivergedError, InputError
from charnn.evaluation.mixing import Floats, Kinds
from charnn.evaluation.score import Score
from charnn.inference.decoder import log_softmax
from charnn.mixture.stored import Mixture, kinds_of
from charnn.networks.reading import reading_together
from charnn.ngrams.growing import LONGEST, GrowingCounts

if TYPE_CHECKING:
    from charnn.evaluation.adaptation import Adaptation, AdaptingNetwork


class _AsTrained:
    """Networks that stay as they are, read as one.

    Attributes:
        piece: how many symbols are read at a time.
        adapting: the networks that learn: none.
    """

    piece = 4096
    adapting: Sequence[AdaptingNetwork] = ()

    def __init__(self, networks: Sequence[Any]) -> None:
        self._source = reading_together(networks)
        self._states = self._source.zero_state(1)

    def probabilities(self, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> Floats:
        """(N, V) the mean of the probabilities of what comes after each of N symbols; the targets change nothing."""
        logits, self._states = self._source.logits(inputs[:, None], self._states)
        return np.exp(log_softmax(logits[:, 0]))

    def after(self) -> tuple[Any, Any]:
        """What has read, and its state (see `charnn.networks.reading`)."""
        return self._source, self._states


class _Adapting:
    """Networks that learn from each piece once it was read."""

    def __init__(self, networks: Sequence[Any], adaptation: Adaptation) -> None:
        from charnn.evaluation.adaptation import PIECE, AdaptingNetwork

        self.piece = PIECE
        self.adapting = [AdaptingNetwork(network, adaptation) for network in networks]

    def probabilities(self, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> Floats:
        """(N, V) the mean of the probabilities, before the networks learn from the (N,) symbols that came."""
        return np.asarray(np.mean([one.probabilities(inputs, targets) for one in self.adapting], axis=0))

    def after(self) -> tuple[Any, Any]:
        """What has read, as it is now, and its state."""
        states = tuple(one.states for one in self.adapting)
        return reading_together([one.network for one in self.adapting]), states if len(states) > 1 else states[0]


@dataclass
class Reader:
    """Networks with one vocabulary, which read a text together: their probabilities are averaged.

    Attributes:
        networks: the trained networks, of torch or, where they do not adapt, of `charnn.inference`.
        adaptation: how they adapt; None: they stay as they are.
        mixture: the Markov model that they are mixed with; None: there is none.
    """

    networks: Sequence[Any]
    adaptation: Adaptation | None = None
    mixture: Mixture | None = None

    def __post_init__(self) -> None:
        adaptation = self.adaptation
        self._reading = _AsTrained(self.networks) if adaptation is None else _Adapting(self.networks, adaptation)
        self.grown = GrowingCounts() if self.adapting and self.mixture else None
        self.weights = self.mixture.begin(3 if self.grown else 2) if self.mixture else None

    @property
    def adapting(self) -> Sequence[AdaptingNetwork]:
        """The networks that learn from what was read."""
        return self._reading.adapting

    def after(self) -> tuple[Any, Any]:
        """What has read, as it is now, and its state (see `charnn.networks.reading`)."""
        return self._reading.after()

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
        pieces = [self._read(ids.astype(np.int64), begin)[1:] for begin in range(0, len(ids) - 1, self._reading.piece)]
        return np.concatenate([p for p, _ in pieces]), np.concatenate([kinds for _, kinds in pieces])

    def _losses(self, ids: NDArray[np.int64]) -> Iterator[Floats]:
        for begin in range(0, len(ids) - 1, self._reading.piece):
            p, parts, kinds = self._read(ids, begin)
            if self.weights is not None and self.learns:
                self.weights.learn(kinds, parts)
            with np.errstate(divide="ignore"):
                yield -np.log(p)

    def _read(self, ids: NDArray[np.int64], begin: int) -> tuple[Floats, Floats, Kinds]:
        """Read a piece, and learn from it: each symbol's probability, those in each expert, and the kinds."""
        inputs, targets = ids[begin : begin + self._reading.piece], ids[begin + 1 : begin + 1 + self._reading.piece]
        inputs = inputs[: len(targets)]
        p = self._reading.probabilities(inputs, targets)
        network, greatest = p[np.arange(len(p)), targets], p.max(1)
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

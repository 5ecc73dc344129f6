"""Writing a text symbol by symbol with several networks, or with a Markov model mixed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError
from charnn.evaluation.mixing import Floats
from charnn.generation.choice import Choice, pick
from charnn.generation.streams import ends_of, implied_prime, sample, until
from charnn.mixture.reader import Reader
from charnn.mixture.stored import kinds_of
from charnn.networks.stack import States, detached
from charnn.ngrams.growing import LONGEST


class Writer:
    """What goes on from a prime that a reader has taken in.

    What it writes is not learned from.
    """

    def __init__(self, reader: Reader, prime: Ids) -> None:
        """Let the reader take in the prime.

        Args:
            reader: has read nothing yet.
            prime: at least one symbol.
        """
        reader.take_in(prime)
        self.reader, self.prime = reader, prime
        self.networks = [one.network for one in reader.adapting] or list(reader.networks)

    def draw(self, choice: Choice, seed: list[int], length: int) -> Iterator[int]:
        """One symbol after another.

        Args:
            choice: how a symbol is chosen.
            seed: of the random numbers.
            length: how many symbols.

        Raises:
            DivergedError: the logits are no longer finite.
        """
        uniforms = np.random.Generator(np.random.Philox(seed)).random(length)
        states, before = [detached(one) for one in self.reader.states], self.prime.tolist()
        for uniform in uniforms:
            p, states = self._next(before, states)
            if not np.isfinite(p).all():
                raise DivergedError("the model's output is no longer a finite number: its weights have diverged")
            # A logarithm is as good as a logit: temperature and the rest are of what is mixed.
            chosen = choice.probabilities(torch.from_numpy(np.log(np.maximum(p, 1e-300)))[None])
            symbol = int(pick(chosen, np.array([uniform]))[0])
            yield symbol
            before.append(symbol)

    @torch.no_grad()
    def _next(self, before: list[int], states: list[States]) -> tuple[Floats, list[States]]:
        """(V,) the probability of each symbol after those before, the last of which is read now."""
        found, after = [], []
        for network, state in zip(self.networks, states, strict=True):
            logits, state = network.logits(torch.tensor([[before[-1]]], device=network.device), state)
            found.append(torch.softmax(logits[0, 0].double(), -1).cpu().numpy())
            after.append(state)
        p = np.mean(found, axis=0)
        mixture, weights, grown = self.reader.mixture, self.reader.weights, self.reader.grown
        if mixture is None or weights is None:
            return p, after
        parts, length = [p, mixture.model.distribution(np.array(before[-LONGEST:], dtype=np.uint32))], 0
        if grown is not None:
            more, length = grown.distribution(before[-LONGEST:], parts[1])
            parts.append(more)
        kind = kinds_of(p.max(keepdims=True), np.array([length]))
        return weights.of(kind)[0] @ np.stack(parts), after


def write_on(
    reader: Reader,
    vocabulary: Vocabulary,
    prime: Sequence[int],
    choice: Choice,
    length: int,
    seeds: Sequence[list[int]],
    stops: Sequence[str] = (),
) -> list[Iterator[bytes]]:
    """Texts after a prime, one for each seed, as `charnn.generation.streams.sample` draws them.

    A single network that has read nothing writes by itself, and by compiled kernels where it can.
    """
    if len(reader.networks) == 1 and reader.mixture is None and not reader.adapting:
        return sample(reader.networks[0], vocabulary, prime, choice, length, seeds, stops)
    begin = list(prime) or implied_prime(vocabulary) or [0]
    writer, ends = Writer(reader, np.array(begin, dtype=np.uint32)), ends_of(stops, vocabulary)
    return [until((vocabulary.symbols[number] for number in writer.draw(choice, seed, length)), ends) for seed in seeds]

"""Writing a text symbol by symbol with several networks, or with a Markov model mixed in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError
from charnn.evaluation.mixing import Floats
from charnn.generation.choice import Choice, pick
from charnn.generation.streams import ends_of, implied_prime, until
from charnn.inference import decoder as inference
from charnn.kernels.sampler import Sampler
from charnn.mixture.reader import Reader
from charnn.mixture.stored import KINDS, Mixture, kind_of
from charnn.networks.reading.arrays import array_of, as_arrays, states_of
from charnn.networks.stack import States, detached
from charnn.ngrams.growing import LONGEST
from charnn.ngrams.stored import Cursor

# So many symbols are drawn in one call of the kernels, which pack the weights each time.
_CALL = 256


class Writer:
    """What goes on from a prime that a reader has taken in.

    What it writes is not learned from. A single network steps in compiled code, where there is some, which asks here
    for what is mixed with its logits.
    """

    def __init__(self, reader: Reader, prime: Ids) -> None:
        """Let the reader take in the prime.

        Args:
            reader: has read nothing yet.
            prime: what is read first; without any symbol the vocabulary's first one.
        """
        prime = prime if len(prime) else np.zeros(1, dtype=np.uint32)
        reader.take_in(prime)
        self.reader, self.prime = reader, prime
        self.networks = [one.network for one in reader.adapting] or list(reader.networks)
        self._weights = None if reader.weights is None else reader.weights.of(np.arange(KINDS))

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
        text = _Text(self.prime.tolist(), self.reader.mixture)
        compiled = as_arrays(self.networks[0]) if len(self.networks) == 1 else None
        if compiled is not None and not compiled.residual:
            symbols = self._by_kernels(compiled, choice, uniforms, text)
        else:
            symbols = self._by_torch(choice, uniforms, text)
        for symbol in symbols:
            if symbol < 0:
                raise DivergedError("the model's output is no longer a finite number: its weights have diverged")
            yield symbol

    def next(self) -> Floats:
        """(V,) the probability of each symbol after the prime."""
        logits, _ = self.read(int(self.prime[-1]), [detached(one) for one in self.reader.states])
        return self.mixed(_mean_probabilities(logits), _Text(self.prime.tolist(), self.reader.mixture))

    def mixed(self, p: Floats, text: _Text) -> Floats:
        """(V,) the networks' probabilities of what comes next, with those of the n-grams."""
        if text.cursor is None or self._weights is None:
            return p
        markov, grown, length = text.cursor.distribution(), None, 0
        if self.reader.grown is not None:
            grown, length = self.reader.grown.distribution(text.before[-LONGEST:], markov)
        weights = self._weights[kind_of(float(p.max()), length)]
        mixed = weights[0] * p
        mixed += weights[1] * markov
        if grown is not None:
            mixed += weights[2] * grown
        return np.asarray(mixed)

    def _by_torch(self, choice: Choice, uniforms: Floats, text: _Text) -> Iterator[int]:
        states = [detached(one) for one in self.reader.states]
        for uniform in uniforms:
            logits, states = self.read(text.before[-1], states)
            p = self.mixed(_mean_probabilities(logits), text)
            if not np.isfinite(p).all():
                yield -1
            chosen = choice.probabilities(_logarithms(p)[None])
            symbol = int(pick(chosen, np.array([uniform]))[0])
            text.add(symbol)
            yield symbol

    def _by_kernels(self, network: inference.Decoder, choice: Choice, uniforms: Floats, text: _Text) -> Iterator[int]:
        (logits,), (states,) = self.read(text.before[-1], [detached(one) for one in self.reader.states])
        sampler = Sampler(network.for_sampling(), states_of(states), array_of(logits[None]))

        def mix(row: NDArray[np.floating], drawn: int | None) -> None:
            if drawn is not None:
                text.add(drawn)
            if math.isfinite(row.sum()):  # else the kernel says so
                row[:] = _logarithms(self.mixed(_softmax(row), text))

        for begin in range(0, len(uniforms), _CALL):
            piece = uniforms[begin : begin + _CALL, None]
            drawn = sampler.draw(piece, choice.temperature, choice.top_k, choice.top_p, mix)[:, 0].tolist()
            text.add(drawn[-1])
            yield from drawn

    @torch.no_grad()
    def read(self, symbol: int, states: list[States]) -> tuple[list[Tensor], list[States]]:
        """(V,) the logits of each network after it has read a symbol, and its state."""
        found, after = [], []
        for network, state in zip(self.networks, states, strict=True):
            logits, state = network.logits(torch.tensor([[symbol]], device=network.device), state)
            found.append(logits[0, 0])
            after.append(state)
        return found, after


class _Text:
    """What was read and written so far.

    Attributes:
        before: its symbols.
        cursor: the place in the Markov model; None without one.
    """

    def __init__(self, before: list[int], mixture: Mixture | None) -> None:
        self.before = before
        self.cursor = None if mixture is None else Cursor(mixture.model, before)

    def add(self, symbol: int) -> None:
        """Write a symbol."""
        self.before.append(symbol)
        if self.cursor is not None:
            self.cursor.advance(symbol)


def _mean_probabilities(logits: Sequence[Tensor]) -> Floats:
    return np.asarray(np.mean([torch.softmax(one.double(), -1).cpu().numpy() for one in logits], axis=0))


def _softmax(row: NDArray[np.floating]) -> Floats:
    p = np.subtract(row, row.max(), dtype=np.float64)
    np.exp(p, out=p)
    p /= p.sum()
    return np.asarray(p)


def _logarithms(p: Floats) -> Floats:
    """A logarithm is as good as a logit: temperature and the rest are of what is mixed."""
    return np.asarray(np.log(np.maximum(p, 1e-300)))


def write_on(
    reader: Reader,
    vocabulary: Vocabulary,
    prime: Sequence[int],
    choice: Choice,
    length: int,
    seeds: Sequence[list[int]],
    stops: Sequence[str] = (),
) -> list[Iterator[bytes]]:
    """Texts after a prime, one for each seed, as `charnn.generation.streams.sample` draws them."""
    begin = list(prime) or implied_prime(vocabulary)
    writer, ends = Writer(reader, np.array(begin, dtype=np.uint32)), ends_of(stops, vocabulary)
    return [until((vocabulary.symbols[number] for number in writer.draw(choice, seed, length)), ends) for seed in seeds]

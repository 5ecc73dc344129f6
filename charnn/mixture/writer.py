"""Writing a text symbol by symbol with networks that have read, and may have adapted, and with n-grams mixed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.evaluation.mixing import Floats
from charnn.generation.choice import Choice
from charnn.generation.mixing import Mixing
from charnn.generation.streams import as_texts, continue_text, implied_prime
from charnn.inference.decoder import log_softmax
from charnn.kernels import sampler
from charnn.mixture.reader import Reader
from charnn.mixture.stored import KINDS, SURE, kinds_of
from charnn.ngrams.growing import grown_model
from charnn.ngrams.stored import Cursor, StoredModel


class NGrams(Mixing):
    """The n-grams that a reader is mixed with, after what it has read. What is written is not counted."""

    def __init__(self, models: Sequence[StoredModel], weights: Floats, read: Ids, lanes: int) -> None:
        """Follow so many texts that go on from the same beginning.

        Args:
            models: the Markov model, and the counts of what was read where the networks adapt.
            weights: (K, J) of the networks and of each model, by the kind of context.
            read: the beginning.
            lanes: how many texts.
        """
        self._models, self._weights = models, weights
        begun = [Cursor(model, read[-model.order :].tolist()) for model in models]
        self._places = [[copy(place) for place in begun] for _ in range(lanes)]

    def mixed(self, p: Floats) -> Floats:
        """See `Mixing`."""
        lengths = np.array([places[-1].longest if len(places) > 1 else 0 for places in self._places])
        weights = self._weights[kinds_of(p.max(1), lengths)]
        return np.stack([one @ _parts(*lane) for one, *lane in zip(weights, p, self._places, strict=True)])

    def add(self, ids: NDArray[np.int64]) -> None:
        """See `Mixing`."""
        for symbol, places in zip(ids.tolist(), self._places, strict=True):
            for place in places:
                place.advance(symbol)

    def compiled(self) -> sampler.Mixture:
        """See `Mixing`."""
        columns = zip(*self._places, strict=True)
        models = [_compiled(model, places) for model, places in zip(self._models, columns, strict=True)]
        return sampler.Mixture(models, np.array(SURE), self._weights)


def _parts(p: Floats, places: Sequence[Cursor]) -> Floats:
    """(J, V) what the networks say, the (V,) p, and what each model says over the one before it."""
    parts, counted = [p], None
    for place in places:
        counted = place.distribution(counted)
        parts.append(counted)
    return np.stack(parts)


def _compiled(model: StoredModel, places: Sequence[Cursor]) -> sampler.Markov:
    parts = zip(model.begins, model.levels, model.alphas, model.gammas, strict=True)
    levels = [sampler.MarkovLevel(begins, level.last, alpha, gamma) for begins, level, alpha, gamma in parts]
    nodes = np.full((len(places), model.order), -1, dtype=np.int64)
    for lane, place in enumerate(places):
        nodes[lane, : len(place.nodes)] = place.nodes
    return sampler.Markov(levels, nodes, model.shortest)


def ngrams_of(reader: Reader, read: Ids, lanes: int) -> NGrams | None:
    """What a reader that has read this is mixed with, for so many texts that go on from it; None: with nothing."""
    if reader.mixture is None or reader.weights is None:
        return None
    models = [reader.mixture.model]
    if reader.grown is not None:
        models.append(grown_model(read, models[0].vocabulary))
    return NGrams(models, reader.weights.of(np.arange(KINDS)), read, lanes)


def next_probabilities(reader: Reader, read: Ids) -> Floats:
    """(V,) the probability of each symbol after a text, or after the vocabulary's first symbol if that is empty.

    Args:
        reader: has read nothing yet; it takes in the text.
        read: the text.
    """
    read = read if len(read) else np.zeros(1, dtype=np.uint32)
    reader.take_in(read)
    source, states = reader.after()
    logits, _ = source.next_logits(read[-1:, None].astype(np.int64), source.spread(states, 1))
    p, mixing = np.exp(log_softmax(logits)), ngrams_of(reader, read, 1)
    return np.asarray((p if mixing is None else mixing.mixed(p))[0])


def write_on(
    reader: Reader,
    vocabulary: Vocabulary,
    prime: Sequence[int],
    choice: Choice,
    length: int,
    seeds: Sequence[Sequence[int]],
    stops: Sequence[str] = (),
) -> list[Iterator[bytes]]:
    """Texts after a prime, one for each seed, as `charnn.generation.streams.sample` draws them.

    Args:
        reader: has read nothing yet; it takes in the prime.
        vocabulary, prime, choice, length, seeds, stops: as there. Something has to be read: without a prime, and
            without a line end in the vocabulary, its first symbol.
    """
    drawn = continue_with(reader, list(prime) or implied_prime(vocabulary) or [0], choice, seeds, length)
    return as_texts(drawn, vocabulary, length, len(seeds), stops)


def continue_with(
    reader: Reader, prime: Sequence[int], choice: Choice, seeds: Sequence[Sequence[int]], length: int
) -> Iterator[NDArray[np.int64]]:
    """One (B,) array of symbols after another, one stream for each seed (see `continue_text`)."""
    read = np.array(prime, dtype=np.uint32)
    reader.take_in(read)
    source, states = reader.after()
    return continue_text(source, states, prime[-1:], choice, seeds, length, ngrams_of(reader, read, len(seeds)))

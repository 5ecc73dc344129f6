"""Streams of symbols that a decoder draws, each after all that came before it.

Stream i of seed s draws its uniform numbers from a Philox generator of its own, so that a text does not depend on
how many others are drawn at the same time.

B lanes · V symbols
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from charnn.data.text.decoding import normalized
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError
from charnn.generation.choice import Choice, pick
from charnn.generation.mixing import Mixing
from charnn.inference.decoder import Decoder, log_softmax
from charnn.kernels.sampler import Sampler
from charnn.networks.reading import reading

# So many symbols come out of the first call of the kernels, and so many at most out of a later one.
_FIRST_CALL, _LAST_CALL = 32, 2048
# So many symbols of a prime are read at once.
_PIECE = 4096
# Below that a probability has no logarithm.
_TINY = 1e-300


def continue_text(
    network: Any,
    states: Any,
    prime: Sequence[int],
    choice: Choice,
    seeds: Sequence[Sequence[int]],
    length: int,
    mixing: Mixing | None = None,
    *,
    native: bool = True,
) -> Iterator[NDArray[np.int64]]:
    """Draw `length` symbols: one (B,) array of ids after another, one stream for each seed.

    Args:
        network: a decoder, of torch or of `charnn.inference`.
        states: the state before `prime`, of one lane.
        prime: the ids that are read first; without any the first symbol is drawn from the state's h alone.
        seeds: the seed of each stream.
        mixing: what is mixed with the network, after the prime; None: nothing.
        native: whether compiled kernels draw where there are some.

    Raises:
        DivergedError: while it draws, the logits are no longer finite.
    """
    source, lanes = reading(network, native=native), len(seeds)
    generators = [np.random.Generator(np.random.Philox(list(seed))) for seed in seeds]
    logits, states = _after(source, source.spread(states, 1), prime)
    logits, states = np.repeat(logits, lanes, axis=0), source.spread(states, lanes)
    if isinstance(source, Decoder) and not source.residual:
        return _draw_by_kernels(source, states, logits, choice, generators, length, mixing)
    return _draw_by_steps(source, states, logits, choice, generators, length, mixing)


def _after(source: Any, states: Any, prime: Sequence[int]) -> tuple[Float[NDArray[Any], "1 V"], Any]:
    """The logits after the prime, and the state. In one lane and in pieces, so that a long prime takes little room."""
    read = np.array(prime, dtype=np.int64)[:, None]
    for begin in range(0, len(read), _PIECE):
        logits, states = source.next_logits(read[begin : begin + _PIECE], states)
    return (logits, states) if len(read) else source.next_logits(read, states)


def _draw_by_steps(
    source: Any,
    states: Any,
    logits: Float[NDArray[Any], "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
    mixing: Mixing | None,
) -> Iterator[NDArray[np.int64]]:
    """Draw a symbol and read it, again and again."""
    for _ in range(length):
        if not np.isfinite(logits).all():
            raise _diverged()
        if mixing is not None:
            # A logarithm is as good as a logit: temperature and the rest are of what is mixed.
            logits = np.log(np.maximum(mixing.mixed(np.exp(log_softmax(logits))), _TINY))
        ids = pick(choice.probabilities(logits), np.array([generator.random() for generator in generators]))
        if mixing is not None:
            mixing.add(ids)
        yield ids
        logits, states = source.next_logits(ids[None], states)


def _draw_by_kernels(
    network: Decoder,
    states: Any,
    logits: Float[NDArray[Any], "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
    mixing: Mixing | None,
) -> Iterator[NDArray[np.int64]]:
    """The same, with many symbols drawn in one call; ever more, so that the first ones come soon.

    The kernel knows of no layer whose input is added to its output.
    """
    sampler = Sampler(network.for_sampling(), states, logits, None if mixing is None else mixing.compiled())
    count = _FIRST_CALL
    while length > 0:
        count = min(count, length)
        uniforms = np.stack([generator.random(count) for generator in generators], axis=1)
        drawn = sampler.draw(uniforms, choice.temperature, choice.top_k, choice.top_p)
        broken = np.flatnonzero((drawn < 0).any(axis=1))
        yield from drawn[: broken[0]] if len(broken) else drawn
        if len(broken):
            raise _diverged()
        length, count = length - count, min(4 * count, _LAST_CALL)


def _diverged() -> DivergedError:
    return DivergedError(
        "the model's output is no longer a finite number: its weights have diverged; train with a smaller"
        " `optimizer.learning_rate`, or clip the gradient"
    )


def sample(
    network: Any,
    vocabulary: Vocabulary,
    prime: Sequence[int],
    choice: Choice,
    length: int,
    seeds: Sequence[Sequence[int]],
    stops: Sequence[str] = (),
) -> list[Iterator[bytes]]:
    """Draw texts of at most `length` symbols after `prime`, one for each seed; each comes piece by piece.

    Without a prime a text begins as after a line end, where the vocabulary has one.

    Args:
        network: as in `continue_text`.
        stops: a text ends before that of these which it would say first.
    """
    drawn = continue_text(network, network.zero_state(1), prime or implied_prime(vocabulary), choice, seeds, length)
    return as_texts(drawn, vocabulary, length, len(seeds), stops)


def as_texts(
    drawn: Iterator[NDArray[np.int64]], vocabulary: Vocabulary, length: int, count: int, stops: Sequence[str]
) -> list[Iterator[bytes]]:
    """The texts of so many streams of `length` symbols; a single one comes piece by piece."""
    ends = ends_of(stops, vocabulary)
    if count == 1:
        return [until((vocabulary.symbols[int(ids[0])] for ids in drawn), ends)]
    columns = np.array(list(drawn), dtype=np.int64).reshape(length, count).T
    return [until((vocabulary.symbols[number] for number in column), ends) for column in columns]


def implied_prime(vocabulary: Vocabulary) -> list[int]:
    """What is read before a text without a prime: a line end, where the vocabulary has one."""
    return [vocabulary.ids[b"\n"]] if b"\n" in vocabulary.ids else []


def ends_of(stops: Sequence[str], vocabulary: Vocabulary) -> list[bytes]:
    """The texts before which a stream ends, as the vocabulary writes them."""
    return [normalized(stop, vocabulary.normalize).encode() for stop in stops if stop]


def until(pieces: Iterator[bytes], ends: Sequence[bytes]) -> Iterator[bytes]:
    """The pieces before that of `ends` which is complete first, holding back whatever may be the beginning of one."""
    if not ends:
        yield from pieces
        return
    beginnings = {end[:size] for end in ends for size in range(len(end))}
    longest, held = max(map(len, ends)) - 1, b""
    for piece in pieces:
        held += piece
        complete = [(held.index(end) + len(end), held.index(end)) for end in ends if end in held]
        if complete:
            yield held[: min(complete)[1]]
            return
        keep = next(size for size in range(min(longest, len(held)), -1, -1) if held[len(held) - size :] in beginnings)
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    yield held

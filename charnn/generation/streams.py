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
from charnn.inference.decoder import Decoder
from charnn.kernels.sampler import Sampler
from charnn.networks.reading import reading

# So many symbols come out of the first call of the kernels, and so many at most out of a later one.
_FIRST_CALL, _LAST_CALL = 32, 2048


def continue_text(
    network: Any,
    states: Any,
    prime: Sequence[int],
    choice: Choice,
    seeds: Sequence[Sequence[int]],
    length: int,
    *,
    native: bool = True,
) -> Iterator[NDArray[np.int64]]:
    """Draw `length` symbols: one (B,) array of ids after another, one stream for each seed.

    Args:
        network: a decoder, of torch or of `charnn.inference`.
        states: the state before `prime`, of one lane or of one for each seed.
        prime: the ids that are read first; without any the first symbol is drawn from the state's h alone.
        seeds: the seed of each stream.
        native: whether compiled kernels draw where there are some.

    Raises:
        DivergedError: while it draws, the logits are no longer finite.
    """
    source, lanes = reading(network, native=native), len(seeds)
    generators = [np.random.Generator(np.random.Philox(list(seed))) for seed in seeds]
    read = np.tile(np.array(prime, dtype=np.int64)[:, None], lanes)
    logits, states = source.next_logits(read, source.spread(states, lanes))
    if isinstance(source, Decoder) and not source.residual:
        return _draw_by_kernels(source, states, logits, choice, generators, length)
    return _draw_by_steps(source, states, logits, choice, generators, length)


def _draw_by_steps(
    source: Any,
    states: Any,
    logits: Float[NDArray[Any], "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
) -> Iterator[NDArray[np.int64]]:
    """Draw a symbol and read it, again and again."""
    for _ in range(length):
        if not np.isfinite(logits).all():
            raise _diverged()
        ids = pick(choice.probabilities(logits), np.array([generator.random() for generator in generators]))
        yield ids
        logits, states = source.next_logits(ids[None], states)


def _draw_by_kernels(
    network: Decoder,
    states: Any,
    logits: Float[NDArray[Any], "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
) -> Iterator[NDArray[np.int64]]:
    """The same, with many symbols drawn in one call; ever more, so that the first ones come soon.

    The kernel knows of no layer whose input is added to its output.
    """
    sampler = Sampler(network.for_sampling(), states, logits)
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
    ends = ends_of(stops, vocabulary)
    if len(seeds) == 1:
        return [until((vocabulary.symbols[int(ids[0])] for ids in drawn), ends)]
    columns = np.array(list(drawn), dtype=np.int64).reshape(length, len(seeds)).T
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

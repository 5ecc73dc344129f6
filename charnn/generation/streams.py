"""Streams of symbols that a decoder draws, each after all that came before it.

Stream i of seed s draws its uniform numbers from a Philox generator of its own, so that a text does not depend on
how many others are drawn at the same time.

B lanes · V symbols
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from charnn.data.text.decoding import normalized
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError
from charnn.generation.choice import Choice, pick
from charnn.kernels.library import why_not
from charnn.kernels.sampler import Layer, Network, Sampler
from charnn.networks.decoder import Decoder
from charnn.networks.stack import States

# So many symbols come out of the first call of the kernels, and so many at most out of a later one.
_FIRST_CALL, _LAST_CALL = 32, 2048


def continue_text(
    network: Decoder,
    states: States,
    prime: Sequence[int],
    choice: Choice,
    seeds: Sequence[Sequence[int]],
    length: int,
    *,
    native: bool = True,
) -> Iterator[NDArray[np.int64]]:
    """Draw `length` symbols: one (B,) array of ids after another, one stream for each seed.

    Args:
        states: the state before `prime`, of one lane or of one for each seed.
        prime: the ids that are read first; without any the first symbol is drawn from the state's h alone.
        seeds: the seed of each stream.
        native: whether compiled kernels draw where there are some.

    Raises:
        DivergedError: while it draws, the logits are no longer finite.
    """
    lanes = len(seeds)
    generators = [np.random.Generator(np.random.Philox(list(seed))) for seed in seeds]
    states = tuple(tuple(part.expand(lanes, -1) for part in state) for state in states)
    logits, states = _read(network, np.tile(np.array(prime, dtype=np.int64)[:, None], lanes), states)
    draw = _draw_by_kernels if native and is_compiled(network) else _draw_by_torch
    return draw(network, states, logits, choice, generators, length)


def is_compiled(network: Decoder) -> bool:
    """Whether kernels can draw from a network; they know of no layer whose input is added to its output."""
    return not network.residual and all(why_not(cell.name, cell.W_x) is None for cell in network.layers)


def _draw_by_torch(
    network: Decoder,
    states: States,
    logits: Float[Tensor, "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
) -> Iterator[NDArray[np.int64]]:
    """Draw a symbol and read it, again and again."""
    for _ in range(length):
        if not torch.isfinite(logits).all():
            raise _diverged()
        ids = pick(choice.probabilities(logits), np.array([generator.random() for generator in generators]))
        yield ids
        logits, states = _read(network, ids[None], states)


def _draw_by_kernels(
    network: Decoder,
    states: States,
    logits: Float[Tensor, "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
) -> Iterator[NDArray[np.int64]]:
    """The same, with many symbols drawn in one call; ever more, so that the first ones come soon."""
    sampler = Sampler(for_kernels(network), states, logits)
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


@torch.no_grad()
def for_kernels(network: Decoder) -> Network:
    """A network as kernels draw from it."""
    first, *others = network.layers
    projected = first.W_x if network.embedding is None else network.embedding @ first.W_x
    rows = [projected, *(cell.W_x for cell in others)]
    layers = [Layer(cell.name, of_cell, cell.b, cell.W_h) for cell, of_cell in zip(network.layers, rows, strict=True)]
    return Network(layers, *network.readout)


@torch.no_grad()
def _read(network: Decoder, ids: NDArray[np.int64], states: States) -> tuple[Float[Tensor, "B V"], States]:
    """The logits after (T, B) ids were read, and the state; of no ids, the logits that the state alone gives."""
    if not len(ids):
        return states[-1][0] @ network.W_q + network.b_q, states
    logits, states = network.logits(torch.from_numpy(ids).to(network.device), states)
    return logits[-1], states


def sample(
    network: Decoder,
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

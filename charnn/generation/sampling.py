"""Drawing text from a model, by one rule: the inverse of the cumulative distribution.

    p = softmax(o / temperature), cut to the top k and the top p, and u uniform in [0, 1):
    the first symbol whose cumulative p exceeds u · Σp.

Stream i of seed s draws its uniforms from a Philox generator of its own, so that a text does not depend on
how many others are drawn beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import UsageError
from charnn.kernels.library import why_not
from charnn.kernels.sampler import Layer, Network, Sampler
from charnn.networks.language_model import CharacterModel, States

# So many symbols come out of the first call of the kernels, and so many at most out of a later one.
_FIRST_CALL, _LAST_CALL = 32, 2048


@dataclass(frozen=True)
class Choice:
    """How a symbol is drawn.

    Attributes:
        temperature: the logits are divided by it; 0 takes the likeliest symbol.
        top_k: only the k likeliest symbols are drawn from.
        top_p: only the likeliest symbols that together reach this probability are drawn from
            (Holtzman et al., "The curious case of neural text degeneration", 2020).

    Raises:
        UsageError: one of them is out of its range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < math.inf:
            raise UsageError(f"the temperature must be a number from 0 on, not {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise UsageError(f"top k must be at least 1, not {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"top p must be a probability above 0, not {self.top_p}")

    def probabilities(self, logits: Float[Tensor, "B V"]) -> Float[Tensor, "B V"]:
        """The distribution that is drawn from, in float64."""
        logits = logits.double()
        if self.temperature == 0:
            return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).double()
        # From the largest logit on, no temperature makes the exponential overflow.
        p = torch.softmax((logits - logits.amax(-1, keepdim=True)) / self.temperature, dim=-1)
        if self.top_k is None and self.top_p is None:
            return p
        ranked, order = p.sort(dim=-1, descending=True, stable=True)
        if self.top_k is not None:
            ranked[..., self.top_k :] = 0
        if self.top_p is not None:
            before = ranked.cumsum(-1) - ranked
            ranked[before >= self.top_p * ranked.sum(-1, keepdim=True)] = 0
        p = torch.zeros_like(p).scatter(-1, order, ranked)
        return p / p.sum(-1, keepdim=True)


def pick(p: Float[Tensor, "B V"], uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first symbol of each row whose cumulative probability exceeds u · Σp."""
    cumulative = p.cumsum(-1).cpu().numpy()
    # u · Σp may round up to Σp itself, which no cumulative sum exceeds.
    thresholds = np.minimum(uniforms * cumulative[:, -1], np.nextafter(cumulative[:, -1], 0))
    picked: NDArray[np.int64] = (cumulative <= thresholds[:, None]).sum(-1)
    return picked


def continue_text(
    model: CharacterModel,
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
    """
    lanes = len(seeds)
    generators = [np.random.Generator(np.random.Philox(list(seed))) for seed in seeds]
    states = tuple(tuple(part.expand(lanes, -1) for part in state) for state in states)
    logits, states = _read(model, np.tile(np.array(prime, dtype=np.int64)[:, None], lanes), states)
    fits = native and all(why_not(cell.name, cell.W_h) is None for cell in model.stack())
    draw = _draw_by_kernels if fits else _draw_by_torch
    return draw(model, states, logits, choice, generators, length)


def _draw_by_torch(
    model: CharacterModel,
    states: States,
    logits: Float[Tensor, "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
) -> Iterator[NDArray[np.int64]]:
    """Draw a symbol and read it, again and again."""
    for _ in range(length):
        ids = pick(choice.probabilities(logits), np.array([generator.random() for generator in generators]))
        yield ids
        logits, states = _read(model, ids[None], states)


def _draw_by_kernels(
    model: CharacterModel,
    states: States,
    logits: Float[Tensor, "B V"],
    choice: Choice,
    generators: Sequence[np.random.Generator],
    length: int,
) -> Iterator[NDArray[np.int64]]:
    """The same, with many symbols drawn in one call; ever more, so that the first ones come soon."""
    sampler = Sampler(_network(model), states, logits)
    count = _FIRST_CALL
    while length > 0:
        count = min(count, length)
        uniforms = np.stack([generator.random(count) for generator in generators], axis=1)
        yield from sampler.draw(uniforms, choice.temperature, choice.top_k, choice.top_p)
        length, count = length - count, min(4 * count, _LAST_CALL)


@torch.no_grad()
def _network(model: CharacterModel) -> Network:
    first, *others = cells = model.stack()
    projected = first.W_x if model.embedding is None else model.embedding @ first.W_x
    rows = [projected, *(cell.W_x for cell in others)]
    layers = [Layer(cell.name, W_x, cell.b, cell.W_h) for cell, W_x in zip(cells, rows, strict=True)]
    return Network(layers, model.W_q, model.b_q)


@torch.no_grad()
def _read(model: CharacterModel, ids: NDArray[np.int64], states: States) -> tuple[Float[Tensor, "B V"], States]:
    """The logits after (T, B) ids were read, and the state; of no ids, the logits that the state alone gives."""
    if not len(ids):
        return states[-1][0] @ model.W_q + model.b_q, states
    logits, states = model(torch.from_numpy(ids).to(model.b_q.device), states)
    return logits[-1], states


def sample(
    model: CharacterModel,
    vocabulary: Vocabulary,
    prime: Sequence[int],
    choice: Choice,
    length: int,
    seeds: Sequence[Sequence[int]],
    stop: str | None = None,
) -> list[Iterator[bytes]]:
    """Draw texts of at most `length` symbols after `prime`, one for each seed; each comes piece by piece.

    Without a prime a text begins as after a line end, where the vocabulary has one.

    Args:
        stop: a text ends before the first place where it would say this.
    """
    implied = [vocabulary.ids[b"\n"]] if b"\n" in vocabulary.ids else []
    drawn = continue_text(model, model.zero_state(1), prime or implied, choice, seeds, length)
    if len(seeds) == 1:
        return [_until((vocabulary.symbols[int(ids[0])] for ids in drawn), stop)]
    columns = np.array(list(drawn), dtype=np.int64).reshape(length, len(seeds)).T
    return [_until((vocabulary.symbols[number] for number in column), stop) for column in columns]


def _until(pieces: Iterator[bytes], stop: str | None) -> Iterator[bytes]:
    """The pieces before the first occurrence of `stop`, holding back whatever may be its beginning."""
    if not stop:
        yield from pieces
        return
    end, held = stop.encode(), b""
    for piece in pieces:
        held += piece
        if end in held:
            yield held[: held.index(end)]
            return
        keep = next(size for size in range(min(len(end) - 1, len(held)), -1, -1) if held.endswith(end[:size]))
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    yield held

"""What every Markov model can do, and how one is made by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

import numpy as np

from charnn.configuration.families import MARKOV_MODELS
from charnn.configuration.reading import read_options
from charnn.data.text.units import Ids
from charnn.ngrams.interpolated import Floats
from charnn.ngrams.trie import Level


class MarkovModel(Protocol):
    """The models of order 1 to n of one text: the model of order k sees k − 1 symbols.

    Attributes:
        levels: the n-grams of each length.
    """

    levels: Sequence[Level]

    def probabilities(self, ids: Ids) -> Floats:
        """(n, N) the probability of each of N symbols after those before it, in the model of each order."""

    def distributions(self, context: Ids) -> Floats:
        """(n, V) the probability of each symbol of the vocabulary after `context`, in the model of each order."""


Fit = Callable[[Ids, int, int], MarkovModel]
"""Makes the models of a text: its ids, V, and the highest order n."""


def fitting(name: str, settings: Sequence[str] = ()) -> Fit:
    """How the model called `name` is made.

    Args:
        settings: its options as `key=value`.

    Raises:
        UsageError: there is no such model, or it has no such options.
    """
    return partial(MARKOV_MODELS.load(name).Model, read_options(MARKOV_MODELS, name, settings))


def draw(model: MarkovModel, context: Ids, length: int, seed: int, drawable: int) -> Iterator[int]:
    """Draw symbols, each after all before it, by the inverse of the cumulative distribution.

    Args:
        context: what was read before.
        drawable: only the symbols below this number are drawn.
    """
    uniforms = np.random.Generator(np.random.Philox([seed, 0]))
    recent = list(context)[-len(model.levels) :]
    for _ in range(length):
        cumulative = model.distributions(np.array(recent, dtype=np.int64))[-1, :drawable].cumsum()
        symbol = int(np.searchsorted(cumulative, uniforms.random() * cumulative[-1], side="right"))
        symbol = min(symbol, drawable - 1)
        yield symbol
        recent = [*recent, symbol][-len(model.levels) :]

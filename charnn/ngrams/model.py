"""How a Markov model is made by its name, and how text is sampled from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from charnn.configuration.reading import read_options
from charnn.data.text.units import Ids
from charnn.ngrams.models import MARKOV_MODELS, MarkovModel

Fit = Callable[[Ids, int, int], MarkovModel]
"""Makes the models of a text from its ids, V, and the highest order n."""


def fitting(name: str, settings: Sequence[str] = ()) -> Fit:
    """The function that makes models of this name.

    Args:
        settings: their options as `key=value`.

    Raises:
        UsageError: there is no such model.
        ConfigError: the model does not have such an option, or its value is not allowed.
    """
    return partial(MARKOV_MODELS.load(name), read_options(MARKOV_MODELS, name, settings))


def sample(model: MarkovModel, context: Ids, length: int, seed: int, known: int) -> Iterator[int]:
    """Sample symbols from the model of the highest order, each after all those before it.

    A symbol is the first whose cumulative probability exceeds a uniform random number.

    Args:
        context: the ids before the sample.
        length: how many symbols to sample.
        known: only ids below this number are sampled.
    """
    uniforms = np.random.Generator(np.random.Philox([seed, 0]))
    recent = list(context)[-len(model.levels) :]
    for _ in range(length):
        cumulative = model.distributions(np.array(recent, dtype=np.int64))[-1, :known].cumsum()
        symbol = int(np.searchsorted(cumulative, uniforms.random() * cumulative[-1], side="right"))
        symbol = min(symbol, known - 1)
        yield symbol
        recent = [*recent, symbol][-len(model.levels) :]

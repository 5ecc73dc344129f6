"""Scoring Markov models as networks are scored: every symbol of a text but the first is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from charnn.data.text.units import Ids
from charnn.errors import InputError
from charnn.ngrams.interpolated import Floats
from charnn.ngrams.model import Fit, MarkovModel
from charnn.ngrams.trie import trace

HELD_OUT = 0.1
"""The share of the training text, at its end, on which an order is chosen."""


@dataclass(frozen=True)
class OrderScore:
    """How well the model of one order predicts a text.

    Attributes:
        nats: the mean loss per symbol; infinite where a symbol has probability 0.
        unseen: the share of the scored symbols whose n-gram the training text has not; None where none is whole.
        size: how many n-grams the model holds, the shorter ones included.
    """

    order: int
    nats: float
    unseen: float | None
    size: int

    @property
    def bits(self) -> float:
        """The mean loss in bits per symbol; of characters, bpc."""
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """exp(nats)."""
        return math.exp(self.nats) if self.nats < 700 else math.inf


def evaluate(model: MarkovModel, ids: Ids, name: str = "the text") -> list[OrderScore]:
    """Score a text with the model of every order.

    Raises:
        InputError: the text has fewer than two symbols.
    """
    if len(ids) < 2:
        raise InputError(f"{name} has {len(ids)} symbols; a score needs at least 2")
    with np.errstate(divide="ignore"):
        losses = -np.log(model.probabilities(ids)[:, 1:])
    unseen = [
        float((grams[max(1, order) :] < 0).mean()) if len(ids) > order else None
        for order, (_, grams) in enumerate(trace(model.levels, ids))
    ]
    sizes = np.cumsum([len(level) for level in model.levels])
    return [
        OrderScore(order, float(loss.mean()), share, int(size))
        for order, (loss, share, size) in enumerate(zip(losses, unseen, sizes, strict=True), start=1)
    ]


def best_order(fit: Fit, ids: Ids, vocabulary: int, order: int) -> OrderScore:
    """The score of the order up to `order` that predicts the last tenth of a text best from the rest of it."""
    cut = len(ids) - max(2, int(len(ids) * HELD_OUT))
    if cut < 1:
        raise InputError(f"a training text of {len(ids)} symbols is too short to hold a part of it out")
    scores = evaluate(fit(ids[:cut], vocabulary, min(order, cut)), ids[cut:])
    return min(scores, key=lambda score: score.nats)


@dataclass(frozen=True)
class Factors:
    """The chain rule, in the model of each of n orders.

    Attributes:
        probabilities: (n, N) of each of N symbols after those before it.
        nats: (n,) minus the logarithm of their product; infinite where it is 0.
    """

    probabilities: Floats
    nats: Floats


def factors(model: MarkovModel, ids: Ids) -> Factors:
    """The probability of a text, factor by factor."""
    p = model.probabilities(ids)
    with np.errstate(divide="ignore"):
        return Factors(p, -np.log(p).sum(1))

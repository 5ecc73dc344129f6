"""Scoring Markov models as networks are scored: every symbol of a text but the first counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charnn.data.text.units import Ids
from charnn.errors import InputError
from charnn.evaluation import measures
from charnn.ngrams.model import Fit
from charnn.ngrams.models import MarkovModel
from charnn.ngrams.trie import Floats, find_nodes

HELD_OUT = 0.1
"""The share of the training text, at its end, on which an order is chosen."""


@dataclass(frozen=True)
class OrderScore:
    """How well the model of one order predicts a text.

    Attributes:
        nats: the mean loss in nats per symbol; infinite if a symbol has probability 0.
        unseen: the share of the scored n-grams that the training text does not contain; None if the scored text is
            too short for an n-gram of this order.
        size: how many n-grams the model holds, including the shorter ones.
    """

    order: int
    nats: float
    unseen: float | None
    size: int

    @property
    def bits(self) -> float:
        """The mean loss in bits per symbol; if the symbols are characters, bpc."""
        return measures.bits(self.nats)

    @property
    def perplexity(self) -> float:
        """exp(nats)."""
        return measures.perplexity(self.nats)


def evaluate(model: MarkovModel, ids: Ids, name: str = "the text") -> list[OrderScore]:
    """Score a text with the model of every order.

    Args:
        name: what messages call the text.

    Raises:
        InputError: the text has fewer than two symbols.
    """
    if len(ids) < 2:
        raise InputError(f"{name} has {len(ids)} symbols; a score needs at least 2")
    with np.errstate(divide="ignore"):
        losses = -np.log(model.probabilities(ids)[:, 1:])
    unseen = [
        float((grams[max(1, order) :] < 0).mean()) if len(ids) > order else None
        for order, (_, grams) in enumerate(find_nodes(model.levels, ids))
    ]
    sizes = np.cumsum([len(level) for level in model.levels])
    return [
        OrderScore(order, float(loss.mean()), share, int(size))
        for order, (loss, share, size) in enumerate(zip(losses, unseen, sizes, strict=True), start=1)
    ]


def best_order(fit: Fit, ids: Ids, vocabulary: int, order: int) -> OrderScore:
    """The score of the best order up to `order`: the one that best predicts the last tenth of a text from the rest.

    Raises:
        InputError: the text is too short to hold a part of it out.
    """
    cut = len(ids) - max(2, int(len(ids) * HELD_OUT))
    if cut < 1:
        raise InputError(f"a training text of {len(ids)} symbols is too short to hold a part of it out")
    scores = evaluate(fit(ids[:cut], vocabulary, min(order, cut)), ids[cut:])
    return min(scores, key=lambda score: score.nats)


@dataclass(frozen=True)
class Factors:
    """The factors of the chain rule for a text of N symbols, in the model of each of n orders.

    Attributes:
        probabilities: (n, N) the probability of each symbol after those before it.
        nats: (n,) minus the logarithm of their product; infinite if the product is 0.
    """

    probabilities: Floats
    nats: Floats


def factors(model: MarkovModel, ids: Ids) -> Factors:
    """The probability of a text, factor by factor."""
    p = model.probabilities(ids)
    with np.errstate(divide="ignore"):
        return Factors(p, -np.log(p).sum(1))

"""The Markov model that a network has to beat: the best of the good ones, chosen on held-out training text."""

from __future__ import annotations

from dataclasses import dataclass

from charnn.data.text.units import Ids
from charnn.errors import InputError
from charnn.ngrams.evaluation import OrderScore, best_order, evaluate
from charnn.ngrams.model import fitting

MODELS = ("modified-kneser-ney", "mixture")
LARGEST_ORDER = 10
_FEWEST = 4


@dataclass(frozen=True)
class Baseline:
    """A Markov model's name and its score on a text."""

    model: str
    score: OrderScore


def baseline(train: Ids, vocabulary: int, ids: Ids) -> Baseline:
    """The best Markov model of the training text, scored on another.

    Model and order (up to 10) are those that predict the last tenth of the training text best from the rest.

    Args:
        train: the training text.
        vocabulary: V.
        ids: the text that is scored.

    Raises:
        InputError: the training text is too short to hold a part of it out.
    """
    if len(train) < _FEWEST:
        raise InputError(
            f"{len(train)} symbols are too short a training text for an n-gram baseline: it needs {_FEWEST}"
        )
    order = min(LARGEST_ORDER, len(train) // 2)
    chosen = {name: best_order(fitting(name), train, vocabulary, order) for name in MODELS}
    name = min(chosen, key=lambda name: chosen[name].nats)
    model = fitting(name)(train, vocabulary, chosen[name].order)
    return Baseline(name, evaluate(model, ids)[-1])

"""The Markov model that a network should beat: the best of the strongest ones, chosen on held-out training text."""

from __future__ import annotations

from dataclasses import dataclass

from charnn.data.text.units import Ids
from charnn.errors import InputError
from charnn.ngrams.evaluation import OrderScore, best_order, evaluate
from charnn.ngrams.model import fitting

MODELS = ("modified-kneser-ney", "mixture")
LARGEST_ORDER = 10
_FEWEST_SYMBOLS = 4


@dataclass(frozen=True)
class Baseline:
    """The name of a Markov model, and its score on a text."""

    model: str
    score: OrderScore


def baseline(train: Ids, vocabulary: int, ids: Ids) -> Baseline:
    """The best Markov model of a training text, scored on another text.

    The model and its order (up to 10) are those that best predict the last tenth of the training text from the rest.

    Args:
        train: the training text.
        vocabulary: V.
        ids: the text that is scored.

    Raises:
        InputError: the training text is too short to hold a part of it out.
    """
    if len(train) < _FEWEST_SYMBOLS:
        raise InputError(
            f"a training text of {len(train)} symbols is too short for an n-gram baseline: it needs {_FEWEST_SYMBOLS}"
        )
    order = min(LARGEST_ORDER, len(train) // 2)
    best = {name: best_order(fitting(name), train, vocabulary, order) for name in MODELS}
    name = min(best, key=lambda name: best[name].nats)
    model = fitting(name)(train, vocabulary, best[name].order)
    return Baseline(name, evaluate(model, ids)[-1])

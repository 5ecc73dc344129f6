"""A Markov model of a text, from Python: what it predicts, writes and scores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from charnn.configuration.units import Unit
from charnn.data.text.units import Ids, units_of_text
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError, UsageError
from charnn.ngrams.evaluation import OrderScore, evaluate
from charnn.ngrams.model import fitting, sample
from charnn.ngrams.models import MarkovModel
from charnn.ngrams.vocabularies import UnitVocabulary


class FittedModel:
    """A Markov model of a text. Made by `charnn.ngrams.fit`."""

    def __init__(self, model: MarkovModel, vocabulary: UnitVocabulary, name: str) -> None:
        """The models of a text, its symbols, and what they are called."""
        self._model, self._vocabulary, self._name = model, vocabulary, name

    @property
    def order(self) -> int:
        """n: a symbol is predicted from the n − 1 before it."""
        return len(self._model.levels)

    @property
    def size(self) -> int:
        """How many n-grams it holds, the shorter ones included."""
        return sum(len(level) for level in self._model.levels)

    def next(self, context: str = "") -> dict[str, float]:
        """What may come after a text: the probability of each symbol, the likeliest first."""
        p = self._model.distributions(self._ids(context))[-1]
        shown = [self._vocabulary.join([number]).decode(errors="backslashreplace") for number in range(len(p))]
        return {shown[number]: float(p[number]) for number in np.argsort(-p, kind="stable")}

    def sample(self, prime: str = "", *, length: int = 500, seed: int = 1) -> str:
        """The prime and so many symbols after it; the same seed draws the same text."""
        ids = sample(self._model, self._ids(prime), length, seed, self._vocabulary.known)
        return prime + self._vocabulary.join(ids).decode(errors="replace")

    def score(self, text: str) -> OrderScore:
        """How well the model of the highest order predicts a text: `nats`, `bits`, `perplexity`."""
        return self.scores(text)[-1]

    def scores(self, text: str) -> list[OrderScore]:
        """The same for each order from 1 on.

        Raises:
            InputError: the text has fewer than two symbols, or some that the model does not know.
        """
        return evaluate(self._model, self._ids(text))

    def __repr__(self) -> str:
        return f"<{self._name} model of order {self.order}: {self.size:,} n-grams>"

    def _ids(self, text: str) -> Ids:
        return self._vocabulary.encode(text, "the text")


def fit(text: str, model: str = "mixture", order: int = 5, *, unit: Unit = "character", **options: Any) -> FittedModel:
    """See `charnn.ngrams.fit`."""
    if order < 1:
        raise UsageError(f"`order` is 1 or more, not {order}")
    units = units_of_text(text, unit)
    vocabulary, ids = Vocabulary(units.symbols, unit), units.codes
    if len(ids) < 2:
        raise InputError(f"the text has {len(ids)} symbols; a model needs at least 2")
    made = fitting(model, _settings(options))(ids, len(vocabulary), min(order, len(ids)))
    return FittedModel(made, UnitVocabulary(vocabulary), model)


def _settings(options: dict[str, Any]) -> Sequence[str]:
    return [f"{key}={json.dumps(value)}" for key, value in options.items()]

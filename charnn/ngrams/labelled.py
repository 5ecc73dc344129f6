"""One Markov model for each label's texts, and by Bayes' rule a classifier: the opponent of the networks of examples.

    p(text | label) = Π_i p_label(x_i | the n − 1 symbols before it) · p_label(⊢ | …)
    p(label | text) ∝ p(label) p(text | label)

Every text begins and ends with a border ⊢, and none sees what is beyond its own.

R texts · K labels · V symbols
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences
from charnn.errors import InputError
from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.model import fitting
from charnn.ngrams.naive_bayes import NaiveBayes, normalised
from charnn.ngrams.stored import StoredModel

MODELS = ("witten-bell", "modified-kneser-ney")
ORDERS = range(2, 8)
ADDED = (1.0, 0.3, 0.1, 0.03)
"""What naive Bayes may add to every count."""

Labelled = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The numbers of some rows, and the label of each."""


@dataclass(frozen=True)
class LabelledModels:
    """A Markov model of each label's texts, and how often each label occurs.

    Attributes:
        name: of the models.
        order: of the models.
        models: one for each label; None where it has no text.
        log_frequencies: (K,) the logarithm of each label's share, with one added to every count.
    """

    name: str
    order: int
    models: Sequence[StoredModel | None]
    log_frequencies: NDArray[np.float64]

    @property
    def title(self) -> str:
        """What people call the models."""
        return f"{self.name} for each label"

    @property
    def size(self) -> int:
        """How many n-grams it holds."""
        return sum(model.size for model in self.models if model is not None)

    @classmethod
    def fit(
        cls,
        name: str,
        order: int,
        texts: Sequences,
        rows: NDArray[np.int64],
        labels: NDArray[np.int64],
        sizes: tuple[int, int],
    ) -> LabelledModels:
        """The models of some texts.

        Args:
            name: of the models.
            order: of the models.
            texts: all texts.
            rows: the numbers of those that are learned from.
            labels: (R,) the label of each of these.
            sizes: how many labels there are, and how many symbols.
        """
        count, symbols = sizes
        made: list[StoredModel | None] = [None] * count
        for label in np.unique(labels):
            ids, _ = _joined(texts, rows[labels == label], order, symbols)
            model = fitting(name)(ids, symbols + 1, order)
            assert isinstance(model, Interpolated)
            made[label] = StoredModel.of(model)
        counts = np.bincount(labels, minlength=count) + 1.0
        return cls(name, order, made, np.log(counts / counts.sum()))

    @classmethod
    def from_arrays(
        cls, name: str, order: int, arrays: Mapping[str, NDArray[Any]], sizes: tuple[int, int]
    ) -> LabelledModels:
        """The models that `arrays` gave."""
        count, symbols = sizes
        own: list[dict[str, NDArray[Any]]] = [{} for _ in range(count)]
        for key, values in arrays.items():
            label, _, rest = key.partition(".")
            if rest:
                own[int(label)][rest] = values
        models = [StoredModel.from_arrays(one, symbols + 1, order) if one else None for one in own]
        return cls(name, order, models, arrays["log_frequencies"])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a file holds of them, beside name and order."""
        found: dict[str, NDArray[Any]] = {"log_frequencies": self.log_frequencies}
        for label, model in enumerate(self.models):
            if model is not None:
                found |= {f"{label}.{name}": values for name, values in model.arrays().items()}
        return found

    def log_likelihoods(self, texts: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(R, K) log p(text | label), its end included; −∞ for a label that has no text."""
        found = np.full((len(rows), len(self.models)), -np.inf)
        border = next(model.vocabulary for model in self.models if model is not None) - 1
        ids, counted = _joined(texts, rows, self.order, border)
        owner = np.repeat(np.arange(len(rows)), texts.lengths[rows] + 1)
        for label, model in enumerate(self.models):
            if model is not None:
                with np.errstate(divide="ignore"):
                    logs = np.log(model.probabilities(ids)[counted])
                found[:, label] = np.bincount(owner, logs, len(rows))
        return found

    def log_posteriors(self, texts: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(R, K) log p(label | text)."""
        return normalised(self.log_likelihoods(texts, rows) + self.log_frequencies)


CountingClassifier = LabelledModels | NaiveBayes
"""What gives texts their labels by counted n-grams."""


def best_writer(texts: Sequences, train: Labelled, chosen_on: Labelled, sizes: tuple[int, int]) -> LabelledModels:
    """The models, one for each label, by which other texts are likeliest given their labels.

    Args:
        texts: all texts.
        train: the rows that are learned from, and their labels.
        chosen_on: the rows that decide, and their labels.
        sizes: how many labels there are, and how many symbols.

    Raises:
        InputError: there are no rows to decide by.
    """
    rows, labels = _deciding(chosen_on)

    def loss(models: LabelledModels) -> float:
        return -float(models.log_likelihoods(texts, rows)[np.arange(len(rows)), labels].mean())

    return min(_of_all_orders(texts, train, sizes), key=loss)


def best_classifier(
    texts: Sequences,
    train: Labelled,
    chosen_on: Labelled,
    sizes: tuple[int, int],
    orders: Sequence[int] = ORDERS,
) -> CountingClassifier:
    """The models that give most other texts their label, and of those that give equally many the least loss.

    They are one Markov model for each label, or naive Bayes over all n-grams (see `best_writer` for the arguments).

    Args:
        orders: those that are tried.

    Raises:
        InputError: there are no rows to decide by.
    """
    rows, labels = _deciding(chosen_on)

    def wrong(models: CountingClassifier) -> tuple[float, float]:
        logs = models.log_posteriors(texts, rows)
        own = logs[np.arange(len(rows)), labels]
        return float((logs.argmax(1) != labels).mean()), -float(own.mean())

    counted = (
        NaiveBayes.fit(order, texts, *train, sizes) for order in orders if NaiveBayes.can_number(order, sizes[1])
    )
    bags: Iterator[CountingClassifier] = (replace(bag, k=k) for bag in counted for k in ADDED)
    return min(chain(_of_all_orders(texts, train, sizes, orders), bags), key=wrong)


def stored_classifier(
    name: str, order: int, arrays: Mapping[str, NDArray[Any]], sizes: tuple[int, int]
) -> CountingClassifier:
    """The classifier that `arrays` gave; see `LabelledModels.fit` for the sizes."""
    if name == NaiveBayes.name:
        return NaiveBayes.from_arrays(order, arrays, sizes[1])
    return LabelledModels.from_arrays(name, order, arrays, sizes)


def _of_all_orders(
    texts: Sequences, train: Labelled, sizes: tuple[int, int], orders: Sequence[int] = ORDERS
) -> Iterator[LabelledModels]:
    return (LabelledModels.fit(name, order, texts, *train, sizes) for name in MODELS for order in orders)


def _deciding(chosen_on: Labelled) -> Labelled:
    if not len(chosen_on[0]):
        raise InputError("n-grams are chosen on the validation part, and it has no row that can be read")
    return chosen_on


def _joined(
    texts: Sequences, rows: NDArray[np.int64], order: int, border: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Texts end to end with n − 1 borders before each and behind the last; and which of the symbols count."""
    gap = max(1, order - 1)
    lengths = texts.lengths[rows]
    starts = np.concatenate(([0], np.cumsum(lengths + gap)))
    ids = np.full(starts[-1] + gap, border, dtype=np.uint32)
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids[np.repeat(starts[:-1] + gap, lengths) + inside] = texts.ids[np.repeat(texts.starts[rows], lengths) + inside]
    ends = np.arange((lengths + 1).sum()) - np.repeat(np.cumsum(lengths + 1) - (lengths + 1), lengths + 1)
    return ids, np.repeat(starts[:-1] + gap, lengths + 1) + ends

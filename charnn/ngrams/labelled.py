"""One Markov model for each label's texts, and by Bayes' rule a classifier: the opponent of the networks of examples.

    p(text | label) = Π_i p_label(x_i | the n − 1 symbols before it) · p_label(⊢ | …)
    p(label | text) ∝ p(label) p(text | label)

Every text begins and ends with a border ⊢, and none sees what is beyond its own.

R texts · K labels · V symbols
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences
from charnn.errors import InputError
from charnn.ngrams.model import fitting
from charnn.ngrams.models import MarkovModel
from charnn.ngrams.naive_bayes import NaiveBayes, normalised

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
    models: Sequence[MarkovModel | None]
    log_frequencies: NDArray[np.float64]

    @property
    def title(self) -> str:
        """What people call the models."""
        return f"{self.name} for each label"

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
        made: list[MarkovModel | None] = []
        count, symbols = sizes
        for label in range(count):
            own = rows[labels == label]
            made.append(fitting(name)(_joined(texts, own, order, symbols)[0], symbols + 1, order) if len(own) else None)
        counts = np.bincount(labels, minlength=count) + 1.0
        return cls(name, order, made, np.log(counts / counts.sum()))

    def log_likelihoods(self, texts: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(R, K) log p(text | label), its end included; −∞ for a label that has no text."""
        found = np.full((len(rows), len(self.models)), -np.inf)
        symbols = next(model for model in self.models if model is not None)
        ids, counted = _joined(texts, rows, self.order, _border(symbols))
        owner = np.repeat(np.arange(len(rows)), texts.lengths[rows] + 1)
        for label, model in enumerate(self.models):
            if model is not None:
                with np.errstate(divide="ignore"):
                    logs = np.log(model.probabilities(ids)[-1][counted])
                found[:, label] = np.bincount(owner, logs, len(rows))
        return found

    def log_posteriors(self, texts: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(R, K) log p(label | text)."""
        return normalised(self.log_likelihoods(texts, rows) + self.log_frequencies)


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
    texts: Sequences, train: Labelled, chosen_on: Labelled, sizes: tuple[int, int]
) -> LabelledModels | NaiveBayes:
    """The models that give most other texts their label, and of those that give equally many the least loss.

    They are one Markov model for each label, or naive Bayes over all n-grams (see `best_writer` for the arguments).

    Raises:
        InputError: there are no rows to decide by.
    """
    rows, labels = _deciding(chosen_on)

    def wrong(models: LabelledModels | NaiveBayes) -> tuple[float, float]:
        logs = models.log_posteriors(texts, rows)
        own = logs[np.arange(len(rows)), labels]
        return float((logs.argmax(1) != labels).mean()), -float(own.mean())

    orders = [order for order in ORDERS if NaiveBayes.can_number(order, sizes[1])]
    bags: Iterator[LabelledModels | NaiveBayes] = (
        NaiveBayes.fit(order, k, texts, *train, sizes) for order in orders for k in ADDED
    )
    return min(chain(_of_all_orders(texts, train, sizes), bags), key=wrong)


def _of_all_orders(texts: Sequences, train: Labelled, sizes: tuple[int, int]) -> Iterator[LabelledModels]:
    return (LabelledModels.fit(name, order, texts, *train, sizes) for name in MODELS for order in ORDERS)


def _deciding(chosen_on: Labelled) -> Labelled:
    if not len(chosen_on[0]):
        raise InputError("the baseline is chosen on the validation part, and it has no row that can be read")
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


def _border(model: MarkovModel) -> int:
    return len(model.distributions(np.zeros(0, np.uint32))[0]) - 1

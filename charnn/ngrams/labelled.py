"""One Markov model for each label's texts, and by Bayes' rule a classifier: the opponent of the networks of examples.

    p(text | label) = Π_i p_label(x_i | the n − 1 symbols before it) · p_label(⊢ | …)
    p(label | text) ∝ p(label) p(text | label)

Every text begins and ends with a border ⊢, and none sees what is beyond its own.

R texts · K labels · V symbols
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences
from charnn.errors import InputError
from charnn.ngrams.model import fitting
from charnn.ngrams.models import MarkovModel

MODELS = ("witten-bell", "modified-kneser-ney")
ORDERS = range(2, 8)


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
        joint = self.log_likelihoods(texts, rows) + self.log_frequencies
        largest = joint.max(1, keepdims=True)
        return np.asarray(joint - largest - np.log(np.exp(joint - largest).sum(1, keepdims=True)))


def best_models(
    texts: Sequences,
    train: tuple[NDArray[np.int64], NDArray[np.int64]],
    chosen_on: tuple[NDArray[np.int64], NDArray[np.int64]],
    sizes: tuple[int, int],
    *,
    by_posterior: bool,
) -> LabelledModels:
    """The models and the order that do best on other texts.

    Args:
        texts: all texts.
        train: the rows that are learned from, and their labels.
        chosen_on: the rows that decide, and their labels.
        sizes: how many labels there are, and how many symbols.
        by_posterior: whether the labels' probabilities are asked for, and not those of the texts.

    Raises:
        InputError: there are no rows to decide by.
    """
    rows, labels = chosen_on
    if not len(rows):
        raise InputError("the baseline is chosen on the validation part, and it has no row that can be read")
    places = np.arange(len(rows))

    def loss(models: LabelledModels) -> float:
        logs = models.log_posteriors(texts, rows) if by_posterior else models.log_likelihoods(texts, rows)
        return -float(logs[places, labels].mean())

    candidates = (LabelledModels.fit(name, order, texts, *train, sizes) for name in MODELS for order in ORDERS)
    return min(candidates, key=loss)


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

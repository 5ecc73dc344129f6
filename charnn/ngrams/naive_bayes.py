"""Naive Bayes over n-grams: a text is a bag of all its n-grams of 1 to N symbols, drawn independently given the label.

    p(label | text) ∝ p(label) Π_g p(g | label)      p(g | label) = (c(g, label) + k) / Σ_g' (c(g', label) + k)

over the n-grams g of the text that the training texts have. Longer n-grams say again what shorter ones said, so its
probabilities are far too sure of themselves, and its answers often right.

Source: Manning, Raghavan & Schütze, "Introduction to Information Retrieval", 2008, chapter 13.

R texts · K labels · G different n-grams · V symbols
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences


@dataclass(frozen=True)
class NaiveBayes:
    """The n-grams of labelled texts.

    Attributes:
        order: N.
        symbols: V.
        k: what is added to every count.
        grams: (G,) the number of each n-gram, in ascending order.
        counts: (G, K) how often each occurs in the texts of each label.
        texts: (K,) how many texts each label has.
    """

    name: ClassVar[str] = "naive-bayes"
    order: int
    symbols: int
    k: float
    grams: NDArray[np.int64]
    counts: NDArray[np.int32]
    texts: NDArray[np.int64]

    @property
    def title(self) -> str:
        """What people call the model."""
        return self.name

    @property
    def size(self) -> int:
        """How many n-grams it holds."""
        return len(self.grams)

    @cached_property
    def logs(self) -> NDArray[np.float64]:
        """(G, K) log p(g | label)."""
        counts = self.counts + self.k
        return np.asarray(np.log(counts / counts.sum(0)))

    @cached_property
    def log_frequencies(self) -> NDArray[np.float64]:
        """(K,) the logarithm of each label's share, with one added to every count."""
        shares = self.texts + 1.0
        return np.asarray(np.log(shares / shares.sum()))

    @staticmethod
    def can_number(order: int, symbols: int) -> bool:
        """Whether n-grams of so many symbols have numbers of 63 bits."""
        return order * math.log2(symbols + 1) < 63

    @classmethod
    def fit(
        cls,
        order: int,
        texts: Sequences,
        rows: NDArray[np.int64],
        labels: NDArray[np.int64],
        sizes: tuple[int, int],
        k: float = 1.0,
    ) -> NaiveBayes:
        """Count the n-grams of some texts.

        Args:
            order: N.
            texts: all texts.
            rows: the numbers of those that are learned from.
            labels: (R,) the label of each of these.
            sizes: how many labels there are, and how many symbols.
            k: what is added to every count.
        """
        count, symbols = sizes
        found, owner = _grams(texts, rows, order, symbols)
        grams, places = np.unique(found, return_inverse=True)
        counts = np.bincount(places * count + labels[owner], minlength=len(grams) * count).reshape(-1, count)
        return cls(order, symbols, k, grams, counts.astype(np.int32), np.bincount(labels, minlength=count))

    @classmethod
    def from_arrays(cls, order: int, arrays: Mapping[str, NDArray[Any]], symbols: int) -> NaiveBayes:
        """The model that `arrays` gave."""
        return cls(order, symbols, float(arrays["k"][0]), arrays["grams"], arrays["counts"], arrays["texts"])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a file holds of it, beside name and order."""
        return {"k": np.array([self.k]), "grams": self.grams, "counts": self.counts, "texts": self.texts}

    def log_posteriors(self, texts: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(R, K) log p(label | text)."""
        found, owner = _grams(texts, rows, self.order, self.symbols)
        places = np.minimum(np.searchsorted(self.grams, found), len(self.grams) - 1)
        known = self.grams[places] == found
        joint = np.tile(self.log_frequencies, (len(rows), 1))
        for label in range(joint.shape[1]):
            joint[:, label] += np.bincount(owner[known], self.logs[places[known], label], len(rows))
        return normalised(joint)


def normalised(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, K) log p(label | text) from log p(label, text)."""
    largest = joint.max(1, keepdims=True)
    return np.asarray(joint - largest - np.log(np.exp(joint - largest).sum(1, keepdims=True)))


def _grams(
    texts: Sequences, rows: NDArray[np.int64], order: int, symbols: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of every n-gram of some texts, and the place in `rows` of the text that it stands in."""
    numbers, owners = zip(*_grams_by_length(texts, rows, order, symbols), strict=True)
    return np.concatenate(numbers), np.concatenate(owners)


def _grams_by_length(
    texts: Sequences, rows: NDArray[np.int64], order: int, symbols: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The same for n = 1, 2, …; digits from 1 to V tell lengths apart."""
    lengths = texts.lengths[rows]
    owner = np.repeat(np.arange(len(rows)), lengths)
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    digits = texts.ids[np.repeat(texts.starts[rows], lengths) + inside].astype(np.int64) + 1
    left = np.repeat(lengths, lengths) - inside
    padded = np.concatenate((digits, np.zeros(order, dtype=np.int64)))
    numbers = np.zeros(len(digits), dtype=np.int64)
    for n in range(1, order + 1):
        numbers = numbers * (symbols + 1) + padded[n - 1 : n - 1 + len(digits)]
        yield numbers[left >= n], owner[left >= n]

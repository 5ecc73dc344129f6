"""How good answers are where a label was asked for. No torch.

R rows · K labels
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""The number of a label that no row for training has, or of the answer to a text that cannot be read."""


@dataclass(frozen=True)
class LabelScores:
    """Answers, and what was right.

    A row whose text or label has nothing in the vocabularies counts as wrong; the nats leave it out.

    Attributes:
        labels: the name of each label.
        log_probabilities: (R, K) of each label, in nats; of a text that cannot be read NaN.
        expected: (R,) the right label, or `UNKNOWN`.
        accepted: (R, K) the labels that the table lists for the same text.
    """

    labels: Sequence[str]
    log_probabilities: NDArray[np.float64]
    expected: NDArray[np.int64]
    accepted: NDArray[np.bool_]

    @cached_property
    def readable(self) -> NDArray[np.bool_]:
        """(R,) whether the text of each row could be read."""
        return ~np.isnan(self.log_probabilities[:, 0])

    @cached_property
    def answers(self) -> NDArray[np.int64]:
        """(R,) the likeliest label."""
        likeliest = np.where(self.readable[:, None], self.log_probabilities, 0.0).argmax(1)
        return np.where(self.readable, likeliest, UNKNOWN)

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """(R,) the loss of each row in nats; NaN where it is left out."""
        rows = np.arange(len(self.expected))
        found = -self.log_probabilities[rows, np.maximum(self.expected, 0)]
        return np.where(self.expected == UNKNOWN, np.nan, found)

    @property
    def left_out(self) -> int:
        """How many rows the nats leave out."""
        return int(np.isnan(self.losses).sum())

    @property
    def nats(self) -> float:
        """The mean loss of a row, in nats."""
        counted = self.losses[~np.isnan(self.losses)]
        return float(counted.mean()) if len(counted) else math.nan

    @property
    def accuracy(self) -> float:
        """The share of rows whose label is the likeliest one."""
        return float(((self.answers == self.expected) & (self.expected != UNKNOWN)).mean())

    @property
    def accuracy_any(self) -> float:
        """The share of rows whose likeliest label is one of those that the table lists for the same text."""
        rows = np.arange(len(self.answers))
        return float((self.accepted[rows, np.maximum(self.answers, 0)] & (self.answers != UNKNOWN)).mean())

    def top(self, count: int) -> float:
        """The share of rows whose label is among the likeliest."""
        rows = np.arange(len(self.expected))
        own = self.log_probabilities[rows, np.maximum(self.expected, 0)]
        better = (self.log_probabilities > own[:, None]).sum(1)
        return float(((better < count) & self.readable & (self.expected != UNKNOWN)).mean())

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(K, K + 1) how often a label, by row, was answered with another, by column; the last column: with none."""
        found = np.zeros((len(self.labels), len(self.labels) + 1), dtype=np.int64)
        known = self.expected != UNKNOWN
        np.add.at(found, (self.expected[known], np.where(self.answers < 0, len(self.labels), self.answers)[known]), 1)
        return found

    @property
    def macro_f1(self) -> float:
        """The mean over the labels that occur, or were answered, of 2·right / (occurred + answered)."""
        right = np.diag(self.confusion[:, :-1])
        answered = np.bincount(self.answers[self.answers >= 0], minlength=len(self.labels))
        total = self.confusion.sum(1) + answered
        return float((2 * right[total > 0] / total[total > 0]).mean())

    def values(self) -> dict[str, Any]:
        """Every score by its name."""
        return {
            "loss": self.nats,
            "accuracy": self.accuracy,
            "accuracy_any": self.accuracy_any,
            "top3": self.top(3),
            "macro_f1": self.macro_f1,
        }

    def worst(self, count: int) -> list[int]:
        """The rows that were answered wrongly, those with the greatest loss first."""
        wrong = np.flatnonzero(self.answers != self.expected)
        losses = np.where(np.isnan(self.losses[wrong]), np.inf, self.losses[wrong])
        return [int(row) for row in wrong[np.argsort(-losses, kind="stable")][:count]]

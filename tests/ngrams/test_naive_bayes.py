"""Naive Bayes over n-grams, against a slow program that counts pieces of strings."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.examples.sequences import Sequences
from charnn.ngrams.naive_bayes import NaiveBayes

texts = st.lists(st.tuples(st.text("abc", min_size=1, max_size=7), st.integers(0, 2)), min_size=2, max_size=12)


def sequences(words: list[str]) -> Sequences:
    starts = np.concatenate(([0], np.cumsum([len(word) for word in words])))
    return Sequences(np.array([ord(letter) - ord("a") for word in words for letter in word], dtype=np.int32), starts)


def pieces(word: str, order: int) -> list[str]:
    return [word[at : at + n] for n in range(1, order + 1) for at in range(len(word) - n + 1)]


@given(rows=texts, order=st.integers(1, 4), k=st.sampled_from([1.0, 0.1]))
def test_posteriors_are_those_of_counted_strings(rows: list[tuple[str, int]], order: int, k: float) -> None:
    """The last two rows are asked for, the others are learned from."""
    words, labels = [word for word, _ in rows], [label for _, label in rows]
    learned = max(1, len(rows) - 2)
    model = NaiveBayes.fit(order, sequences(words), np.arange(learned), np.array(labels[:learned]), (3, 3), k)
    counts = [Counter[str]() for _ in range(3)]
    for word, label in zip(words[:learned], labels[:learned], strict=True):
        counts[label].update(pieces(word, order))
    known = set().union(*counts)
    asked = np.arange(learned, len(rows))
    found = model.log_posteriors(sequences(words), asked) if len(asked) else np.zeros((0, 3))
    for row, number in zip(found, asked, strict=True):
        joint = []
        for label in range(3):
            total = sum(counts[label].values()) + k * len(known)
            share = (labels[:learned].count(label) + 1) / (learned + 3)
            own = [piece for piece in pieces(words[number], order) if piece in known]
            joint.append(math.log(share) + sum(math.log((counts[label][piece] + k) / total) for piece in own))
        whole = math.log(sum(math.exp(one - max(joint)) for one in joint)) + max(joint)
        assert row.tolist() == pytest.approx([one - whole for one in joint], abs=1e-9)
        assert np.exp(row).sum() == pytest.approx(1, abs=1e-12)

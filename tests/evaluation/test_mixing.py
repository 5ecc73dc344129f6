"""Weights of experts: a fitted text is at least as likely as with any of them, and learned weights come near it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.evaluation.mixing import LearnedWeights, fitted_weights


@given(seed=st.integers(0, 10_000), count=st.integers(1, 400), experts=st.integers(2, 3), sharp=st.floats(0.1, 8))
def test_no_expert_alone_is_better_on_the_text_that_was_fitted(
    seed: int, count: int, experts: int, sharp: float
) -> None:
    """Where one expert deserves everything too."""
    random = np.random.default_rng(seed)
    p, kinds = random.random((count, experts)) ** sharp + 1e-9, random.integers(0, 4, count)
    if seed % 3 == 0:
        p[:, 0] = p.max(1) + 0.1
    weights = fitted_weights(kinds, p, 4)
    assert weights.sum(1) == pytest.approx(np.ones(4), abs=1e-12)
    assert (weights >= 0).all()
    mixed = -np.log((weights[kinds] * p).sum(1)).mean()
    assert mixed <= -np.log(p).mean(0).max() + 1e-6 or mixed <= (-np.log(p).mean(0)).min() + 1e-6
    assert mixed <= (-np.log(p).mean(0)).min() + 1e-6


def test_kinds_have_weights_of_their_own() -> None:
    """Of two kinds, each expert knows one."""
    kinds = np.arange(2000) % 2
    p = np.where(kinds[:, None] == np.arange(2), 0.9, 0.1)
    weights = fitted_weights(kinds, p, 2)
    assert weights[0, 0] > 0.95
    assert weights[1, 1] > 0.95
    learned = LearnedWeights((0.5, 0.5), 2)
    for begin in range(0, 2000, 25):
        learned.learn(kinds[begin : begin + 25], p[begin : begin + 25])
    assert learned.of(np.array([0, 1])).diagonal() == pytest.approx([1, 1], abs=0.1)
    assert learned.common == pytest.approx([0.5, 0.5], abs=0.01)


def test_before_anything_was_read_the_weights_are_the_prior() -> None:
    assert LearnedWeights((0.7, 0.3), 3).of(np.array([2, 0])).tolist() == [[0.7, 0.3]] * 2
    by_kind = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert LearnedWeights(by_kind, 2).of(np.array([1, 0])) == pytest.approx(by_kind[::-1])


def test_learning_is_the_formula() -> None:
    learned = LearnedWeights((0.6, 0.4), 1)
    p = np.array([[0.5, 0.1], [0.2, 0.3]])
    shares = p * [0.6, 0.4] / (p * [0.6, 0.4]).sum(1, keepdims=True)
    learned.learn(np.zeros(2, dtype=np.int64), p)
    common = np.array([0.6, 0.4]) * 50 + shares.sum(0)
    common /= common.sum()
    expected = (shares.sum(0) + 20 * common) / (2 + 20)
    assert learned.of(np.zeros(1, dtype=np.int64))[0] == pytest.approx(expected)

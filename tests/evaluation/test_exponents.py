"""Exponents of experts that answer with labels, against SciPy's minimum of the same loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax

from charnn.evaluation.exponents import STRENGTH, combined, fitted_exponents

Drawn = tuple[np.ndarray, np.ndarray]


def answers(seed: int, experts: int = 2, rows: int = 40, labels: int = 4, sure: float = 3.0) -> Drawn:
    """(J, R, K) log-probabilities that know something of the labels, and the labels."""
    random = np.random.default_rng(seed)
    right = random.integers(0, labels, rows)
    logits = random.normal(0, sure, (experts, rows, labels))
    logits[:, np.arange(rows), right] += random.uniform(0, sure, (experts, rows))
    return log_softmax(logits, -1), right


def loss(exponents: np.ndarray, logs: np.ndarray, labels: np.ndarray) -> float:
    """That of the docstring, over rows and without the strength of the prior."""
    joint = sum(weight * one for weight, one in zip(exponents, logs, strict=True))
    return float(-log_softmax(joint, -1)[np.arange(len(labels)), labels].sum())


@given(
    seed=st.integers(0, 999),
    experts=st.integers(1, 2),
    rows=st.integers(0, 60),
    sure=st.floats(0.1, 30),
    knows=st.booleans(),
)
def test_they_are_where_the_loss_is_least(seed: int, experts: int, rows: int, sure: float, knows: bool) -> None:
    logs, labels = answers(seed, experts, rows, sure=sure)
    if not knows:  # then the best exponents of whatever sign are often below 0
        labels = np.random.default_rng(seed).integers(0, 4, rows)
    prior = np.full(experts, 1 / experts)

    def whole(exponents: np.ndarray) -> float:
        return loss(exponents, logs, labels) + STRENGTH / 2 * float(np.square(exponents - prior).sum())

    found = fitted_exponents(logs, labels)
    least = minimize(whole, prior, method="L-BFGS-B", bounds=[(0, None)] * experts, options={"ftol": 1e-13})
    assert whole(found) <= least.fun + 1e-9
    np.testing.assert_allclose(found, least.x, atol=2e-3)
    assert (found >= 0).all()


@given(seed=st.integers(0, 999), sure=st.floats(0.1, 30))
def test_together_they_are_no_worse_than_the_better_one_but_for_the_prior(seed: int, sure: float) -> None:
    logs, labels = answers(seed, sure=sure)
    together = loss(fitted_exponents(logs, labels), logs, labels)
    for alone in np.eye(2):
        assert together <= loss(alone, logs, labels) + STRENGTH / 2 * float(np.square(alone - 0.5).sum()) + 1e-9


def test_labels_that_are_always_right_do_not_drive_them_to_infinity() -> None:
    logs, labels = answers(1, rows=30)
    logs[:, np.arange(30), labels] = -1e-9
    found = fitted_exponents(logs, labels)
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_what_is_combined_is_a_distribution() -> None:
    logs, _ = answers(2, experts=3)
    np.testing.assert_allclose(np.exp(combined(logs, np.array([0.3, 1.2, -0.1]))).sum(1), 1, rtol=1e-12)
    np.testing.assert_allclose(combined(logs, np.eye(3)[1]), logs[1], atol=1e-12)
    assert fitted_exponents(logs[:, :0], np.zeros(0, dtype=np.int64)) == pytest.approx([1 / 3] * 3)

"""Classifiers that answer with n-grams: learned on rows that were kept; a row is answered as if it were alone."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.evaluation.exponents import STRENGTH, combined
from charnn.evaluation.reading import label_log_probabilities
from charnn.mixture.labels import MixedClassifier
from tests.models import random_example_network
from tests.ngrams.test_labelled import LABELS, SIZES, SYMBOLS, table

ROWS = np.arange(60, 120)


@pytest.fixture(scope="module")
def mixed() -> MixedClassifier:
    texts, labels = table(120)
    network = random_example_network("classification", "gru", SYMBOLS)
    train, kept = (np.arange(60), labels[:60]), (ROWS, labels[60:])
    return MixedClassifier.learned(network, texts, train, kept, SIZES)


def test_an_answer_is_the_weighted_product_of_both(mixed: MixedClassifier) -> None:
    texts, _ = table(120)
    network = label_log_probabilities(mixed.network, texts, ROWS)
    counted = mixed.counting.log_posteriors(texts, ROWS)
    product = np.exp(network) ** mixed.exponents[0] * np.exp(counted) ** mixed.exponents[1]
    found = np.exp(label_log_probabilities(mixed, texts, ROWS))
    np.testing.assert_allclose(found, product / product.sum(1, keepdims=True), rtol=1e-9)
    assert found.shape == (60, LABELS)


def test_on_the_rows_that_were_kept_it_is_no_worse_than_the_better_part(mixed: MixedClassifier) -> None:
    """But for what the prior of the exponents weighs."""
    texts, labels = table(120)
    own = np.arange(60), labels[60:]
    alone = np.stack([label_log_probabilities(mixed.network, texts, ROWS), mixed.counting.log_posteriors(texts, ROWS)])
    together = -combined(alone, mixed.exponents)[own].sum()
    assert together <= min(-one[own].sum() for one in alone) + STRENGTH / 4 + 1e-9


def test_a_row_is_answered_as_if_it_were_alone(mixed: MixedClassifier) -> None:
    texts, _ = table(120)
    together = mixed.label_log_probabilities(texts, ROWS)
    alone = np.concatenate([mixed.label_log_probabilities(texts, ROWS[row : row + 1]) for row in range(60)])
    np.testing.assert_allclose(together, alone, atol=1e-12)
    backwards = mixed.label_log_probabilities(texts, ROWS[::-1])
    np.testing.assert_allclose(together, backwards[::-1], atol=1e-12)

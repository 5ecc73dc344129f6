"""What every Markov model must do, whatever its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.ngrams.model import fitting
from charnn.ngrams.models import MARKOV_MODELS

V = 4
TRAINING = st.lists(st.integers(0, V - 2), min_size=6, max_size=60).map(np.array)
CONTEXTS = st.lists(st.integers(0, V - 1), max_size=6).map(lambda ids: np.array(ids, dtype=np.int64))
ORDERS = st.integers(1, 5)


@pytest.mark.parametrize("name", MARKOV_MODELS.names())
@given(ids=TRAINING, context=CONTEXTS, order=ORDERS)
def test_probabilities_sum_to_one_in_every_context(name: str, ids: Any, context: Any, order: int) -> None:
    """The last symbol of the vocabulary never occurs in training, so that contexts and symbols are unseen too."""
    p = fitting(name)(ids, V, order).distributions(context)
    assert p.shape == (order, V)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-12)


@pytest.mark.parametrize("name", MARKOV_MODELS.names())
@given(ids=TRAINING, text=CONTEXTS, order=ORDERS)
def test_a_text_is_scored_by_the_distributions_after_each_beginning(name: str, ids: Any, text: Any, order: int) -> None:
    model = fitting(name)(ids, V, order)
    slow = [model.distributions(text[:end])[:, symbol] for end, symbol in enumerate(text)]
    np.testing.assert_allclose(model.probabilities(text), np.reshape(slow, (len(text), order)).T, rtol=1e-12)

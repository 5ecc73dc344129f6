"""A stored Markov model against the one that it was made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.ngrams import stored as module
from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.model import fitting
from charnn.ngrams.stored import StoredModel


@given(ids=st.lists(st.integers(0, 3), min_size=6, max_size=80), order=st.integers(1, 5), seed=st.integers(0, 99))
def test_it_says_what_the_whole_model_says(ids: list[int], order: int, seed: int) -> None:
    text = np.array(ids, dtype=np.uint32)
    model = fitting("modified-kneser-ney")(text, 5, order)
    assert isinstance(model, Interpolated)
    stored = StoredModel.of(model)
    other = np.random.default_rng(seed).integers(0, 5, 30).astype(np.uint32)
    p = stored.probabilities(other)
    np.testing.assert_allclose(p, model.probabilities(other)[-1], rtol=1e-5)
    for place in (0, 1, 2, 7, 29):
        distribution = stored.distribution(other[:place])
        assert distribution.sum() == pytest.approx(1, abs=1e-12)
        assert (distribution > 0).all()
        assert distribution[other[place]] == pytest.approx(p[place], rel=1e-12)


def test_a_file_holds_all_of_it() -> None:
    text = np.random.default_rng(1).integers(0, 6, 500).astype(np.uint32)
    model = fitting("modified-kneser-ney")(text, 6, 4)
    assert isinstance(model, Interpolated)
    stored = StoredModel.of(model)
    again = StoredModel.from_arrays(stored.arrays(), 6, 4)
    assert np.array_equal(again.probabilities(text), stored.probabilities(text))
    assert (again.order, again.size) == (4, stored.size)


def test_what_was_found_before_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done to what came out, and however little is kept."""
    text = np.random.default_rng(1).integers(0, 6, 500).astype(np.uint32)
    model = fitting("modified-kneser-ney")(text, 6, 4)
    assert isinstance(model, Interpolated)
    stored, forgetful = StoredModel.of(model), StoredModel.of(model)
    for place in range(60):
        first = stored.distribution(text[:place])
        kept = first.copy()
        first[:] = 0
        assert np.array_equal(stored.distribution(text[:place]), kept)
        monkeypatch.setattr(module, "MOST_FOUND", 0)
        assert np.array_equal(forgetful.distribution(text[:place]), kept)
        monkeypatch.undo()
    assert not forgetful.found

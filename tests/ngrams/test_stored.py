"""A stored Markov model against the one that it was made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.model import fitting
from charnn.ngrams.stored import Cursor, StoredModel


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
        distribution = Cursor(stored, other[:place].tolist()).distribution()
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


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("3.last", lambda last: np.where(np.arange(len(last)) == 5, 6, last)),
        ("3.last", lambda last: last - 1),
        ("2.sizes", lambda sizes: sizes[:-1]),
        ("2.sizes", lambda sizes: np.concatenate([[-1, sizes[0] + sizes[1] + 1], sizes[2:]])),
        ("4.alpha", lambda alpha: alpha[1:]),
        ("4.sizes", lambda sizes: sizes + 1),
        ("4.last", lambda last: last[:, None]),
        ("3.alpha", lambda alpha: alpha * np.nan),
        ("3.alpha", lambda alpha: -alpha),
    ],
)
def test_numbers_that_belong_to_no_model_are_refused(name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Compiled code follows them without looking."""
    model = fitting("modified-kneser-ney")(np.random.default_rng(1).integers(0, 6, 500).astype(np.uint32), 6, 4)
    assert isinstance(model, Interpolated)
    arrays = StoredModel.of(model).arrays()
    with pytest.raises(ValueError, match="n-grams of length"):
        StoredModel.from_arrays({**arrays, name: change(arrays[name])}, 6, 4)


@pytest.mark.parametrize("order", [0, -2])
def test_a_model_without_n_grams_is_refused(order: int) -> None:
    with pytest.raises(ValueError, match="1 symbol at least"):
        StoredModel.from_arrays({}, 6, order)

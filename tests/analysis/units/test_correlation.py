"""Correlations against NumPy, the AUC against counting pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.units.correlation import area_under_curve, correlation

numbers = st.lists(st.integers(-3, 3), min_size=2, max_size=12)


@given(numbers, st.data())
def test_the_area_is_the_share_of_pairs_in_the_right_order(values: list[int], data: st.DataObject) -> None:
    inside = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    x = np.array(values, dtype=float)
    pairs = [(a > b) + 0.5 * (a == b) for a in x[inside] for b in x[~inside]]
    found = area_under_curve(x, inside)
    assert found == (pytest.approx(np.mean(pairs)) if pairs else None)


@given(numbers, st.data())
def test_the_correlation_is_that_of_numpy(values: list[int], data: st.DataObject) -> None:
    x = np.array(values, dtype=float)
    y = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(x), max_size=len(x))), dtype=float)
    found = correlation(x, y)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12)

"""Axes: which ticks there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.pages.axis import Axis, padded_axis


@given(st.floats(1e-8, 1e8), st.floats(1.01, 1e6), st.booleans())
def test_ticks_are_round_few_and_on_the_axis(low: float, ratio: float, logarithmic: bool) -> None:
    axis = Axis(low, low * ratio, logarithmic)
    ticks = axis.ticks()
    assert len(ticks) <= 6
    for tick in ticks:
        assert -1e-6 <= axis.share(tick) <= 1 + 1e-6
    for tick in ticks if logarithmic else []:
        assert float(f"{tick:.0e}") == pytest.approx(tick)


@pytest.mark.parametrize("logarithmic", [False, True])
@given(st.lists(st.floats(1e-3, 1e6), min_size=1))
def test_the_outermost_values_have_some_room(logarithmic: bool, values: list[float]) -> None:
    axis = padded_axis(min(values), max(values), logarithmic)
    assert 0 < axis.share(min(values)) <= axis.share(max(values)) < 1


def test_an_axis_from_zero_begins_there() -> None:
    assert padded_axis(0.0, 5.0, logarithmic=False).low == 0

"""Numbers as people and JSON get them: none is infinite in JSON, and none has more digits than it means."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.evaluation.notation import finite, shown, shown_power


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0.0000"), (1.23456, "1.2346"), (123456789.0, "123456789.0000"), (1e304, "1.000e+304"), (math.inf, "∞")],
)
def test_a_number_is_shown_with_as_many_digits_as_it_means(value: float, words: str) -> None:
    assert shown(value) == words


@given(st.floats(min_value=0, max_value=1e308) | st.just(math.inf))
def test_no_number_is_long(value: float) -> None:
    assert len(shown(value)) <= 15
    assert finite(value) in (value, None)
    if math.isfinite(value):
        assert float(shown(value)) == pytest.approx(value, rel=1e-3, abs=1e-4)


def test_infinity_is_null_in_json() -> None:
    assert finite(math.inf) is finite(-math.inf) is finite(math.nan) is None


@pytest.mark.parametrize(("exponent", "words"), [(-2, "0.01"), (-1000.5, "3.16e-1001"), (-math.inf, "0")])
def test_a_power_of_ten_may_be_smaller_than_any_float(exponent: float, words: str) -> None:
    assert shown_power(exponent) == words

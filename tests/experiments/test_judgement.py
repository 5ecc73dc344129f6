"""Means, errors and leads: SciPy is the oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from charnn.experiments.judgement import Lead, holm, leads, mean_of, paired_p, standard_error

VALUES = st.lists(st.floats(-100, 100), min_size=2, max_size=40)


@given(VALUES)
def test_mean_and_standard_error_are_scipys(values: list[float]) -> None:
    assert mean_of(values) == pytest.approx(np.mean(values), abs=1e-12)
    assert standard_error(values) == pytest.approx(stats.sem(values), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", range(200))
def test_the_p_value_is_that_of_scipys_paired_t_test(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, shift, spread = rng.integers(2, 40), rng.normal(), 10 ** rng.uniform(-3, 1)
    one, other = rng.normal(size=count), rng.normal(shift, spread, size=count)
    expected = stats.ttest_rel(one, other).pvalue
    assert paired_p((one - other).tolist()) == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_equal_differences_give_no_nan() -> None:
    assert paired_p([0.0, 0.0, 0.0]) == 1.0
    assert paired_p([0.5, 0.5, 0.5]) == 0.0


def test_one_value_has_no_error() -> None:
    assert standard_error([3.0]) is None


def test_holms_correction_of_an_example_by_hand() -> None:
    # 4 · 0.01, 3 · 0.02, then never less than before: 2 · 0.03 = 0.06, 1 · 0.04 = 0.04.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_a_corrected_p_is_no_smaller_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(new >= old for old, new in zip(p_values, corrected, strict=True))
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    assert [corrected[place] for place in order] == sorted(corrected)


def test_only_seeds_that_both_finished_are_paired() -> None:
    best = {1: 1.0, 2: 1.1, 3: 0.9, 4: 1.0}
    few, ahead = leads(best, [{1: 2.0, 2: 2.1, 7: 5.0}, {1: 1.5, 2: 1.61, 3: 1.4, 4: 1.52}])
    assert (few.pairs, few.difference, few.p) == (2, pytest.approx(1.0), None)
    assert not few.is_significant
    assert ahead.pairs == 4
    assert ahead.is_significant
    # Of two rows one alone is tested: nothing is corrected.
    expected = stats.ttest_rel([1.5, 1.61, 1.4, 1.52], [1.0, 1.1, 0.9, 1.0]).pvalue
    assert ahead.p == pytest.approx(expected, rel=1e-9)


def test_no_pair_at_all_is_no_difference() -> None:
    assert leads({1: 1.0}, [{2: 3.0}]) == [Lead(0, None, None)]
    assert not math.isnan(paired_p([1e-300, 1e-300, 2e-300]))

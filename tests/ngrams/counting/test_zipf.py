"""Rank–frequency curves."""

from __future__ import annotations

import pytest

from charnn.ngrams.counting.zipf import fit_curve


def test_a_power_law_has_its_exponent_as_slope() -> None:
    """The n-gram of rank r occurs 2^20 / r times, for ranks 1, 2, 4, …: one n-gram, then one, two, four, …"""
    counts_of_counts = {1 << 20: 1} | {1 << (20 - k): 1 << (k - 1) for k in range(1, 12)}
    curve = fit_curve(counts_of_counts)
    assert curve.ranks.tolist() == [1 << k for k in range(12)]
    assert curve.counts.tolist() == [1 << (20 - k) for k in range(12)]
    assert curve.slope == pytest.approx(-1, abs=0.05)


def test_a_single_ngram_has_no_slope() -> None:
    curve = fit_curve({7: 1})
    assert (curve.slope, curve.ranks.tolist(), curve.counts.tolist()) == (0.0, [1], [7])

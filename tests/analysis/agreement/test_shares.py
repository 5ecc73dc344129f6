"""Shares of right answers: their intervals, and what is said of several runs."""

from __future__ import annotations

import pytest

from charnn.analysis.agreement.shares import Share, mean_and_spread


def test_the_interval_of_a_share() -> None:
    z2, n = 1.96**2, 50
    assert Share("all", n, n).interval == pytest.approx((n / (n + z2), 1.0))
    assert Share("none", 0, n).interval == pytest.approx((0.0, z2 / (n + z2)))
    low, high = Share("half", n // 2, n).interval or (0, 0)
    assert (low + high) / 2 == pytest.approx(0.5)
    assert (high - low) / 2 == pytest.approx(1.96 * 0.5 / (n + z2) ** 0.5)
    assert Share("empty", 0, 0).share is Share("empty", 0, 0).interval is None


def test_repetitions_are_summed_up_by_mean_lowest_and_highest() -> None:
    shares = [Share("all", right, 10) for right in (4, 9, 8)]
    assert mean_and_spread(shares) == pytest.approx((0.7, 0.4, 0.9))
    assert shares[0].interval is not None
    assert mean_and_spread(shares[:1]) == pytest.approx((0.4, *shares[0].interval))
    assert mean_and_spread([Share("all", 0, 0)]) is None

"""The harness: medians and ratios round by round, on contenders whose times are known."""

from __future__ import annotations

import time
from functools import partial
from itertools import count

import pytest

from charnn.benchmarking.harness import Contender, Timing, measure, quartiles


def test_contenders_run_in_turn_and_the_warm_up_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    ticks = count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    contenders = [Contender(name, partial(ran.append, name), 10) for name in "ab"]
    timings = measure(contenders, rounds=3, warm_up=2)
    assert ran == list("ab" * 5)
    assert [timing.seconds for timing in timings] == [(1.0, 1.0, 1.0)] * 2


def test_a_ratio_is_taken_within_each_round() -> None:
    """A machine that is twice as slow in one round is so for both."""
    slow, fast = Timing("slow", 100, (1.0, 2.0, 1.0)), Timing("fast", 100, (0.5, 1.0, 0.5))
    assert fast.ratio_to(slow) == (2.0, 2.0, 2.0)
    assert slow.ratio_to(slow) == (1.0, 1.0, 1.0)
    assert Timing("many", 400, (1.0, 2.0, 1.0)).ratio_to(slow) == (4.0, 4.0, 4.0)
    assert fast.row() == {
        "subject": "fast",
        "characters_per_second": 200.0,
        "milliseconds": 500.0,
        "milliseconds_quartiles": [500.0, 750.0],
    }


def test_quartiles() -> None:
    assert quartiles([4.0, 1.0, 3.0, 2.0, 5.0]) == (2.0, 3.0, 4.0)
    assert quartiles([7.0]) == (7.0, 7.0, 7.0)

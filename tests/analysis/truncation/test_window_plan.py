"""Windows over a text: ξ, how far each loss looks back, and the products of ξ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from charnn.analysis.truncation.window_plan import kept, plan_windows
from charnn.bptt.strategies.full import Full
from charnn.bptt.strategies.randomized import Randomized
from charnn.bptt.strategies.truncated import Truncated


def test_each_loss_looks_back_to_the_start_of_the_window_that_counts_it() -> None:
    assert plan_windows("full", Full(), 5, 1).reach == [0, 1, 2, 3, 4]
    assert plan_windows("full", Full(sequence=3), 5, 1).reach == [0, 1, 2, 0, 1]
    assert plan_windows("truncated", Truncated(tau=2), 5, 1).reach == [0, 1, 0, 1, 0]
    assert plan_windows("truncated", Truncated(tau=4, stride=2), 7, 1).reach == [0, 1, 2, 3, 2, 3, 2]
    assert plan_windows("truncated", Truncated(tau=2, tail="drop"), 5, 1).reach == [0, 1, 0, 1, None]


def test_gates_are_zero_where_a_window_starts_and_nowhere_else() -> None:
    assert plan_windows("truncated", Truncated(tau=2), 5, 1).xi == [0, 1, 0, 1, 0]
    assert plan_windows("truncated", Truncated(tau=4, stride=2), 6, 1).xi == [0, 1, 1, 1, 1, 1]
    assert plan_windows("truncated", Truncated(tau=2, tail="drop"), 5, 1).xi == [0, 1, 0, 1, None]
    plan = plan_windows("randomized", Randomized(pi=(0.5, 0.8)), 40, 3)
    starts = {window.start for window in plan.windows}
    for step, xi in enumerate(plan.xi):
        assert xi == (0.0 if step in starts else (2.0, 1.25)[step % 2])


def test_the_gates_are_those_of_a_training_of_that_seed() -> None:
    plans = [plan_windows("randomized", Randomized(pi=(0.7,)), 50, seed) for seed in (1, 1, 2)]
    assert plans[0].xi == plans[1].xi != plans[2].xi


@pytest.mark.parametrize(
    "strategy",
    [Full(), Full(sequence=4), Truncated(tau=5, stride=2), Randomized(pi=(0.5, 0.9)), Randomized(max_window=3)],
    ids=str,
)
def test_what_is_kept_is_the_product_of_the_gates_between(strategy: Full | Truncated | Randomized) -> None:
    plan = plan_windows("it", strategy, 13, 5)
    expected = np.zeros((13, 13))
    for t, reach in enumerate(plan.reach):
        assert reach is not None
        for s in range(t - reach, t + 1):
            passed = [xi for xi in plan.xi[s + 1 : t + 1] if xi is not None]
            assert len(passed) == t - s
            expected[s, t] = math.prod(passed)
    np.testing.assert_allclose(kept(plan.windows, 13), expected, rtol=1e-15)


def test_the_document_says_all_of_it() -> None:
    plan = plan_windows("randomized", Randomized(pi=(0.5,), max_window=2), 6, 1)
    document = plan.document()
    assert document["pi"] == 0.5
    assert document["max_window"] == 2
    assert sum(window["length"] for window in document["windows"]) == 6
    assert len(document["gates"]) == len(document["looks_back"]) == 6

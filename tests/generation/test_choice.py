"""How a symbol is chosen: the distribution that is drawn from, and the rule that draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.errors import UsageError
from charnn.generation.choice import Choice, pick

LOGITS = np.log(np.array([[0.1, 0.4, 0.2, 0.3]]))


def probabilities(**options: object) -> list[float]:
    return Choice(**options).probabilities(LOGITS)[0].tolist()  # type: ignore[arg-type]


def test_the_plain_distribution_is_the_softmax() -> None:
    assert probabilities() == pytest.approx([0.1, 0.4, 0.2, 0.3])


def test_temperature_sharpens_and_flattens() -> None:
    assert probabilities(temperature=0) == [0, 1, 0, 0]
    squares = np.array([0.1, 0.4, 0.2, 0.3]) ** 2
    assert probabilities(temperature=0.5) == pytest.approx(squares / squares.sum())
    assert probabilities(temperature=1e9) == pytest.approx([0.25] * 4)
    assert probabilities(temperature=1e-300) == [0, 1, 0, 0]


def test_top_k_and_top_p_cut_the_tail() -> None:
    assert probabilities(top_k=2) == pytest.approx([0, 4 / 7, 0, 3 / 7])
    assert probabilities(top_k=9) == pytest.approx([0.1, 0.4, 0.2, 0.3])
    assert probabilities(top_p=0.5) == pytest.approx([0, 4 / 7, 0, 3 / 7])
    assert probabilities(top_p=0.39) == [0, 1, 0, 0]
    assert probabilities(top_p=1.0) == pytest.approx([0.1, 0.4, 0.2, 0.3])
    assert probabilities(top_k=3, top_p=0.6) == pytest.approx([0, 4 / 7, 0, 3 / 7])


@pytest.mark.parametrize("options", [{"temperature": -1}, {"temperature": float("nan")}, {"top_k": 0}, {"top_p": 0.0}])
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Choice(**options)


@given(
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda weights: sum(weights) > 1e-6),
    u=st.floats(0, 1, exclude_max=True),
)
def test_pick_is_the_slow_inverse_of_the_cumulative_distribution(weights: list[float], u: float) -> None:
    p = np.array([weights])
    (found,) = pick(p, np.array([u]))
    cumulative = np.cumsum(weights).tolist()
    slow = next((index for index, total in enumerate(cumulative) if total > u * cumulative[-1]), None)
    assert found == slow or slow is None
    assert weights[found] > 0


def test_a_uniform_that_rounds_up_to_one_picks_the_last_possible_symbol() -> None:
    assert pick(np.array([[0.3, 0.3, 0.0]]), np.array([np.nextafter(1, 0)])) == [1]


def test_draws_follow_the_distribution() -> None:
    p = np.tile([[0.1, 0.4, 0.2, 0.3]], (20_000, 1))
    counts = np.bincount(pick(p, np.random.default_rng(1).random(20_000)), minlength=4)
    assert counts / 20_000 == pytest.approx([0.1, 0.4, 0.2, 0.3], abs=0.01)

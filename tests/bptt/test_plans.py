"""Plans: which windows a strategy lays over a lane."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.bptt.plan import Window
from charnn.bptt.strategies import Strategy
from charnn.bptt.strategies.full import Full
from charnn.bptt.strategies.randomized import Randomized
from charnn.bptt.strategies.truncated import Truncated

counts = st.integers(1, 40)
lengths = st.integers(1, 200)


def counted(window: Window) -> list[int]:
    """The steps of the lane whose losses count in a window."""
    return list(range(window.start + window.count_from, window.stop))


def plan(strategy: Strategy, length: int, seed: int = 0) -> list[Window]:
    return list(strategy.windows(length, Random(seed)))


@given(length=lengths, sequence=st.none() | counts)
def test_full_covers_every_step_once_and_resets_at_every_sequence(length: int, sequence: int | None) -> None:
    windows = plan(Full(sequence=sequence), length)
    assert [step for window in windows for step in counted(window)] == list(range(length))
    assert all(window.resets and window.xi is None for window in windows)
    assert {window.divisor for window in windows} == {sequence or length}


@given(length=lengths, tau=counts, data=st.data())
def test_truncated_counts_every_character_once(length: int, tau: int, data: st.DataObject) -> None:
    """With and without a stride."""
    stride = data.draw(st.none() | st.integers(1, tau))
    windows = plan(Truncated(tau=tau, stride=stride), length)
    assert [step for window in windows for step in counted(window)] == list(range(length))
    assert {window.divisor for window in windows} == {stride or tau}


@given(length=lengths, tau=counts, data=st.data())
def test_a_stride_rereads_tau_steps_from_a_state_that_was_saved_there(
    length: int, tau: int, data: st.DataObject
) -> None:
    """Windows end at e = stride, 2·stride, …; each is [max(0, e − τ), e)."""
    stride = data.draw(st.integers(1, tau))
    windows = plan(Truncated(tau=tau, stride=stride), length)
    for number, window in enumerate(windows, start=1):
        end = min(number * stride, length)
        assert (window.start, window.stop) == (max(0, number * stride - tau), end)
        assert window.length <= tau
        assert window.resets == (window.start == 0)
    saved = 0
    for window in windows:
        assert window.start == saved
        assert 0 <= window.save_at <= window.length
        saved = window.start + window.save_at


@given(length=lengths, tau=counts)
def test_tails(length: int, tau: int) -> None:
    """`drop` keeps whole windows; `classic` reads on while position + τ + 1 < characters of the text."""
    dropped = plan(Truncated(tau=tau, tail="drop"), length)
    assert [window.start for window in dropped] == [p for p in range(0, length, tau) if p + tau <= length]
    classic = plan(Truncated(tau=tau, tail="classic"), length)
    characters = length + 1
    assert [window.start for window in classic] == [p for p in range(0, length, tau) if p + tau + 1 < characters]
    assert all(window.length == tau for window in dropped + classic)


probabilities = st.floats(0.05, 1.0)


@given(length=lengths, pi=probabilities | st.lists(probabilities, min_size=1, max_size=4), seed=st.integers(0, 9))
def test_randomized_ends_a_window_where_a_gate_is_zero(length: int, pi: float | list[float], seed: int) -> None:
    strategy = Randomized.model_validate({"pi": pi})
    windows = plan(strategy, length, seed)
    assert [step for window in windows for step in counted(window)] == list(range(length))
    listed = strategy.pi
    for number, window in enumerate(windows):
        assert window.xi is not None
        if number:
            assert window.xi[0] == 0
        for step, gate in enumerate(window.xi[1:], start=window.start + 1):
            assert gate == 1 / listed[step % len(listed)]
        assert window.resets == (number == 0)
        assert not window.bounded
    assert len({window.divisor for window in windows}) == 1


@given(length=lengths, bound=st.integers(1, 20), seed=st.integers(0, 9))
def test_a_bound_is_kept_and_every_time_it_bites_is_marked(length: int, bound: int, seed: int) -> None:
    free = plan(Randomized(pi=(0.9,)), length, seed)
    windows = plan(Randomized(pi=(0.9,), max_window=bound), length, seed)
    assert [step for window in windows for step in counted(window)] == list(range(length))
    assert max(window.length for window in windows) <= bound
    borders = {window.start for window in free}
    for window, following in pairwise(windows):
        assert window.bounded == (following.start not in borders)
    assert not windows[-1].bounded


def test_the_mean_gate_is_one_and_the_share_of_cuts_is_that_of_pi() -> None:
    windows = plan(Randomized(pi=(0.9, 0.7)), 100_000, seed=3)
    gates = [gate for window in windows for gate in window.xi or ()]
    assert sum(gates) / len(gates) == pytest.approx(1, abs=0.01)
    assert len(windows) / 100_000 == pytest.approx(0.2, abs=0.005)
    assert windows[0].divisor == pytest.approx(1 / 0.2)


def test_where_every_pi_is_one_a_plan_is_one_full_window() -> None:
    (window,) = plan(Randomized(pi=(1.0,)), 50)
    assert (window.length, window.divisor) == (50, 50)
    assert plan(Randomized(pi=(1.0,), max_window=20), 50)[0].divisor == 20

"""When something is due between two updates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.sections import Train
from charnn.training.timetable import CHECKPOINT_MINUTES, SHORTEST_PASS, Timetable

every = st.none() | st.integers(1, 12)


@given(
    report=st.integers(1, 12),
    others=st.tuples(every, every, every),
    at=st.lists(st.integers(0, 40), max_size=3),
    step=st.integers(0, 40),
    most=st.integers(1, 30),
)
def test_nothing_is_due_before_the_next(
    report: int, others: tuple[int | None, int | None, int | None], at: list[int], step: int, most: int
) -> None:
    validate, save, sample = others
    timetable = Timetable(
        Train(
            steps=9, report_every=report, validate_every=validate, checkpoint_every=save, sample_every=sample,
            sample_at=tuple(at),
        )
    )  # fmt: skip

    def is_due(later: int) -> bool:
        validates = validate is not None and timetable.validates(later, begins_a_pass=False, since=later)
        return validates or timetable.reports(later) or timetable.saves(later) or timetable.samples(later)

    until = timetable.until_next(step, most)
    assert 1 <= until <= most
    assert not any(is_due(step + updates) for updates in range(1, until))
    assert until == most or is_due(step + until)


def test_a_pass_ends_in_a_validation_where_it_is_long() -> None:
    timetable = Timetable(Train(steps=9))
    assert timetable.validates(7, begins_a_pass=True, since=SHORTEST_PASS)
    assert not timetable.validates(7, begins_a_pass=True, since=SHORTEST_PASS - 1)
    assert not timetable.validates(7, begins_a_pass=False, since=SHORTEST_PASS)


def test_a_checkpoint_grows_old_where_none_is_due_by_steps() -> None:
    assert Timetable(Train(steps=9)).is_late(60 * CHECKPOINT_MINUTES)
    assert not Timetable(Train(steps=9)).is_late(60 * CHECKPOINT_MINUTES - 1)
    assert not Timetable(Train(steps=9, checkpoint_every=5)).is_late(1e9)
    assert Timetable(Train(steps=9, checkpoint_every=5, checkpoint_minutes=1)).is_late(60)

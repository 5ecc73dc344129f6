"""The batches of a table: every row once a pass, of about one length, and the same again after a resume."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from charnn.batches.batch import ExampleBatch
from charnn.batches.examples import Examples, Rows
from charnn.bptt.strategies import Strategy
from charnn.bptt.strategies.full import Full
from charnn.bptt.strategies.randomized import Randomized
from charnn.bptt.strategies.truncated import Truncated
from charnn.data.examples.sequences import Sequences, in_batches

CPU = torch.device("cpu")


def sequences(lengths: list[int]) -> Sequences:
    """Rows whose symbols tell the row."""
    ids = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    return Sequences(ids, np.concatenate(([0], np.cumsum(lengths))))


def loader(
    lengths: list[int],
    lanes: int = 4,
    strategy: Strategy | None = None,
    own: range | None = None,
    *,
    at_end: bool = False,
) -> Examples:
    inputs = sequences(lengths)
    targets = sequences([1] * len(lengths))
    rows = Rows(inputs, targets, np.arange(len(lengths)), np.ones(len(lengths), dtype=np.int64), at_end)
    return Examples(rows, lanes, own, strategy or Full(), 3, "mean", CPU, torch.float64)


def one_pass(made: Examples) -> list[ExampleBatch]:
    batches: list[ExampleBatch] = []
    for batch in made.batches():
        if made.epoch > 0:
            return batches
        batches.append(batch)
    raise AssertionError("a loader goes on for ever")


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=60), lanes=st.integers(1, 9))
def test_every_row_comes_once_a_pass_and_is_padded_with_zeros(lengths: list[int], lanes: int) -> None:
    batches = one_pass(loader(lengths, lanes))
    seen = []
    for batch in batches:
        assert batch.lanes <= lanes
        assert batch.divisor == lanes, "a last, smaller batch has the same divisor"
        for column in range(batch.lanes):
            length = int(batch.inputs.lengths[column])
            (row,) = set(batch.inputs.ids[:length, column].tolist())
            assert length == lengths[row]
            assert not batch.inputs.ids[length:, column].any()
            assert batch.targets.ids[0, column] == row
            seen.append(row)
    assert sorted(seen) == list(range(len(lengths)))
    assert sum(batch.losses for batch in batches) == len(lengths)


def test_rows_of_one_length_lie_together_and_passes_differ() -> None:
    lengths = [1 + number % 10 for number in range(400)]
    made = loader(lengths, lanes=8)
    assert made.padding < 0.05
    assert [rows.tolist() for rows in made.plan(0)] != [rows.tolist() for rows in made.plan(1)]
    assert [rows.tolist() for rows in made.plan(1)] == [rows.tolist() for rows in loader(lengths, lanes=8).plan(1)]


@given(lengths=st.lists(st.integers(1, 9), min_size=5, max_size=40), steps=st.integers(0, 30))
def test_a_place_is_all_that_a_resume_needs(lengths: list[int], steps: int) -> None:
    strategy = Randomized(pi=(0.5,))
    first, second = loader(lengths, strategy=strategy), loader(lengths, strategy=strategy)
    batches = first.batches()
    for _ in range(steps):
        next(batches)
    upcoming = next(batches)
    second.go_to(first.place())
    again = next(second.batches())
    assert torch.equal(upcoming.inputs.ids, again.inputs.ids)
    assert upcoming.input_xi is not None
    assert again.input_xi is not None
    assert torch.equal(upcoming.input_xi, again.input_xi)
    assert upcoming.epoch == again.epoch


def test_what_an_iterator_makes_does_not_depend_on_the_place() -> None:
    first, second = (loader([3, 1, 4, 1, 5, 9, 2, 6] * 3, strategy=Randomized(pi=(0.5,))) for _ in range(2))
    moved = first.batches()
    for batch, _ in zip(second.batches(), range(15), strict=False):
        again = next(moved)
        first.go_to({"epoch": 4, "window": 1})
        assert torch.equal(batch.inputs.ids, again.inputs.ids)
        assert batch.input_xi is not None
        assert again.input_xi is not None
        assert torch.equal(batch.input_xi, again.input_xi)


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=40), cut=st.integers(1, 3))
def test_processes_share_the_rows_of_a_batch(lengths: list[int], cut: int) -> None:
    whole = one_pass(loader(lengths))
    parts = [one_pass(loader(lengths, own=own)) for own in (range(cut), range(cut, 4))]
    for batch, *pieces in zip(whole, *parts, strict=True):
        assert torch.equal(torch.cat([piece.inputs.ids for piece in pieces], dim=1), batch.inputs.ids)
        assert all(piece.losses == batch.losses and piece.lanes == batch.lanes for piece in pieces)


def test_tau_counts_back_from_the_end_where_the_only_loss_stands_there() -> None:
    """Rows of 4 and 6 steps and τ = 3: so many steps before the end, and else from the beginning."""
    for at_end, expected in ((True, {4: [1, 0, 1, 1], 6: [0, 1, 1, 0, 1, 1]}), (False, {4: [1, 1, 1, 0]})):
        batch = one_pass(loader([4, 6], lanes=2, strategy=Truncated(tau=3), at_end=at_end))[0]
        assert batch.input_xi is not None
        for place, length in enumerate(batch.inputs.lengths.tolist()):
            if length in expected:
                assert batch.input_xi[:length, place].tolist() == expected[length]


def test_reading_takes_rows_of_about_one_length_together() -> None:
    lengths = np.array([5, 1, 9, 5, 1, 30])
    batches = [rows.tolist() for rows in in_batches(range(6), lengths, 12)]
    assert batches == [[1, 4], [0, 3], [2], [5]]

"""The loader of one running text: which symbols each batch holds, what they are divided by, and where it goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from itertools import islice
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from charnn.batches.batch import TextBatch
from charnn.batches.running_text import Position, RunningText
from charnn.bptt.strategies import STRATEGIES, Strategy
from charnn.bptt.strategies.full import Full
from charnn.bptt.strategies.randomized import Randomized
from charnn.bptt.strategies.truncated import Truncated
from charnn.data.running_text.lanes import Lanes
from charnn.errors import InputError

CPU = torch.device("cpu")


@st.composite
def strategies(draw: st.DrawFn) -> Strategy:
    """Any strategy whose window is at most 12 steps long, or a whole lane."""
    name = draw(st.sampled_from(STRATEGIES.names()))
    if name == "full":
        return Full(sequence=draw(st.none() | st.integers(1, 12)))
    if name == "truncated":
        tau = draw(st.integers(1, 12))
        return Truncated(
            tau=tau,
            stride=draw(st.none() | st.integers(1, tau)),
            tail=draw(st.sampled_from(["keep", "drop", "classic"])),
        )
    assert name == "randomized", f"the strategy {name} is not drawn here"
    pi = draw(st.lists(st.floats(0.3, 1), min_size=1, max_size=3))
    return Randomized(pi=tuple(pi), max_window=draw(st.none() | st.integers(1, 12)))


@st.composite
def loaders(draw: st.DrawFn) -> RunningText:
    """Over numbered symbols, so that a symbol says where it is."""
    count, length = draw(st.integers(1, 4)), draw(st.integers(14, 40))
    ids = np.arange(count * length + 1 + draw(st.integers(0, count - 1)), dtype=np.uint16)
    lanes = Lanes(ids, count)
    return RunningText(lanes, draw(strategies()), draw(st.integers(0, 9)), draw(st.sampled_from(["mean", "sum"])), CPU)


def one_pass(loader: RunningText) -> list[TextBatch]:
    """The batches up to the end of the present pass."""
    epoch, found = loader.position.epoch, list[TextBatch]()
    for batch in loader.batches():
        if loader.position.epoch > epoch:
            return found
        found.append(batch)
    raise AssertionError("a loader goes on for ever")


def same(a: TextBatch, b: TextBatch) -> bool:
    """Whether two batches are equal in every field."""
    pairs = [(getattr(a, field.name), getattr(b, field.name)) for field in fields(TextBatch)]
    return all(torch.equal(x, y) if isinstance(x, Tensor) else x == y for x, y in pairs)


@given(loader=loaders())
def test_a_batch_is_the_window_of_every_lane_and_asks_for_what_comes_next(loader: RunningText) -> None:
    length, plan = loader.text.length, loader.strategy.windows(loader.text.length, Random(f"{loader.seed} gates 0"))
    batches = one_pass(loader)
    for batch, window in zip(batches, plan, strict=True):
        for lane in range(loader.lanes):
            begin = lane * length + window.start
            assert batch.inputs[:, lane].tolist() == list(range(begin, begin + window.length))
        assert torch.equal(batch.targets, batch.inputs + 1)
        assert (batch.xi, batch.count_from, batch.save_at) == (window.xi, window.count_from, window.save_at)
        assert (batch.resets, batch.bounded) == (window.resets, window.bounded)
        assert batch.losses == (window.length - window.count_from) * loader.lanes
        assert batch.epoch == window.start / length
        assert batch.divisor == loader.lanes * (window.divisor if loader.loss == "mean" else 1)


@given(loader=loaders())
def test_a_pass_counts_every_symbol_at_most_once_and_all_but_a_dropped_tail(loader: RunningText) -> None:
    counted = Counter[int]()
    for batch in one_pass(loader):
        counted.update(batch.targets[batch.count_from :].flatten().tolist())
    assert not counted or max(counted.values()) == 1
    assert loader.losses_in_a_pass == loader.text.length * loader.lanes
    strategy = loader.strategy
    if not isinstance(strategy, Truncated) or strategy.tail == "keep":
        assert counted.total() == loader.losses_in_a_pass


@given(loader=loaders())
def test_one_constant_divides_the_losses_of_every_batch(loader: RunningText) -> None:
    """Neither the length of a window nor where it starts decides; `unit_objective` is that of a whole window."""
    strategy, length = loader.strategy, loader.text.length
    if isinstance(strategy, Truncated):
        whole: float = strategy.stride or strategy.tau
    elif isinstance(strategy, Full):
        whole = strategy.sequence or length
    else:
        assert isinstance(strategy, Randomized)
        whole = strategy.divisor(length)
    mean = loader.loss == "mean"
    assert {batch.divisor for batch in one_pass(loader)} <= {loader.lanes * (whole if mean else 1)}
    assert loader.unit_objective == (1 if mean else whole)


@given(loader=loaders(), done=st.integers(0, 60))
def test_a_place_is_all_that_a_resume_needs(loader: RunningText, done: int) -> None:
    """Stopped after any number of batches, in any pass, the same batches come as without a stop."""
    batches = loader.batches()
    for _ in range(done):
        next(batches)
    upcoming = next(batches)
    place = loader.place()
    assert place.keys() == {"epoch", "window"}
    expected = [upcoming, *islice(batches, 12)]
    resumed = RunningText(loader.text, loader.strategy, loader.seed, loader.loss, CPU)
    resumed.go_to(place)
    assert resumed.place() == place
    found = list(islice(resumed.batches(), 13))
    assert all(same(a, b) for a, b in zip(found, expected, strict=True))


def test_the_place_moves_on_when_the_next_batch_is_asked_for() -> None:
    loader = RunningText(Lanes(np.arange(9, dtype=np.uint8), 1), Truncated(tau=4), 1, "mean", CPU)
    batches = loader.batches()
    assert (loader.position, loader.begins_a_pass) == (Position(0, 0), True)
    next(batches)
    assert (loader.position, loader.begins_a_pass) == (Position(0, 0), True)
    next(batches)
    assert (loader.position, loader.begins_a_pass) == (Position(0, 1), False)
    assert next(batches).epoch == 1
    assert (loader.position, loader.begins_a_pass) == (Position(1, 0), True)


def test_going_back_repeats_the_batches_that_are_made_from_then_on() -> None:
    loader = RunningText(Lanes(np.arange(40, dtype=np.uint8), 2), Randomized(pi=(0.7,)), 1, "mean", CPU)
    first = list(islice(loader.batches(), 30))
    loader.go_to({"epoch": 0, "window": 0})
    assert all(same(a, b) for a, b in zip(islice(loader.batches(), 30), first, strict=True))


def test_every_pass_and_every_seed_draws_anew() -> None:
    lanes = Lanes(np.arange(200, dtype=np.uint8), 2)
    cuts = []
    for seed in (1, 2):
        loader = RunningText(lanes, Randomized(pi=(0.7,)), seed, "mean", CPU)
        cuts += [[len(batch.inputs) for batch in one_pass(loader)] for _ in range(2)]
    assert len({tuple(lengths) for lengths in cuts}) == 4


@settings(max_examples=50)
@given(loader=loaders(), data=st.data())
def test_a_process_reads_its_own_lanes_of_the_same_batches(loader: RunningText, data: st.DataObject) -> None:
    """Losses and divisor are those over all lanes."""
    begin = data.draw(st.integers(0, loader.lanes - 1))
    own = range(begin, data.draw(st.integers(begin + 1, loader.lanes)))
    part = RunningText(
        Lanes(loader.text.ids, loader.lanes, own), loader.strategy, loader.seed, loader.loss, loader.device
    )
    assert (part.lanes, part.own, part.losses_in_a_pass) == (loader.lanes, own, loader.losses_in_a_pass)
    assert loader.own == range(loader.lanes)
    for mine, whole in zip(one_pass(part), one_pass(loader), strict=True):
        assert torch.equal(mine.inputs, whole.inputs[:, own.start : own.stop])
        assert torch.equal(mine.targets, whole.targets[:, own.start : own.stop])
        assert (mine.losses, mine.divisor, mine.epoch, mine.xi) == (whole.losses, whole.divisor, whole.epoch, whole.xi)


@pytest.mark.parametrize(("strategy", "needed"), [(Truncated(tau=5), 5), (Truncated(tau=4, tail="classic"), 5),
                                                  (Full(sequence=5), 5)])  # fmt: skip
def test_a_lane_shorter_than_a_window_is_refused(strategy: Strategy, needed: int) -> None:
    text = np.arange(10, dtype=np.uint8)
    why = f"the text is too short: 10 units in 2 lanes leave 4 steps a lane, .* {strategy.name} needs {needed}"
    with pytest.raises(InputError, match=why):
        RunningText(Lanes(text, 2), strategy, 1, "mean", CPU)
    RunningText(Lanes(np.arange(11, dtype=np.uint8), 2), strategy, 1, "mean", CPU)

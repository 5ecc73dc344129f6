"""Dropout: masks written out by hand, expectations by enumeration, engines, windows in pieces, processes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from charnn.batches.batch import TextBatch
from charnn.bptt.execution import Execution
from charnn.cells import Cell
from charnn.configuration.sections import Model, default_cell
from charnn.errors import UsageError
from charnn.networks.dropout import Dropout, Noise
from charnn.networks.language_model import LanguageModel
from tests.models import (
    ALL_CELLS,
    ALL_ENGINES,
    EXAMPLE_TASKS,
    dropout_of,
    example_batch,
    random_cell,
    random_example_network,
    random_network,
    random_rows,
    random_states,
    relative_difference,
)

RECURRENT = [name for name in ALL_CELLS if random_cell(name, 1, 1).recurrent]


class Written(Noise):
    """Numbers that are given one after another, for the weights first."""

    def __init__(self, numbers: Iterator[Tensor]) -> None:
        self.numbers = numbers

    def of_weights(self, like: Tensor, rate: float) -> Tensor:
        return (next(self.numbers) >= rate).to(like.dtype) / (1 - rate)

    def of_lanes(self, steps: int, like: Tensor, *width: int) -> Tensor:
        return next(self.numbers).clone()


def text_batch(ids: Tensor, save_at: int, count_from: int = 0) -> TextBatch:
    fields: dict[str, Any] = {"lanes": ids.shape[1], "own": range(ids.shape[1]), "losses": 1, "divisor": 1.0}
    return TextBatch(inputs=ids[:-1], targets=ids[1:], save_at=save_at, count_from=count_from, epoch=0.0, **fields)


def gradients(network: LanguageModel, loss: Tensor) -> list[Tensor]:
    return [torch.zeros(1) if one is None else one for one in
            torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)]  # fmt: skip


@pytest.mark.parametrize("engine", ALL_ENGINES)
@pytest.mark.parametrize("embedding", [None, 3])
@pytest.mark.parametrize("masks", ["step", "window"])
@pytest.mark.parametrize("cell", RECURRENT)
def test_gradients_are_those_of_autograd_with_the_same_masks(
    cell: str, masks: str, embedding: int | None, engine: str
) -> None:
    """Every kind of dropout at once, against weights, inputs and outputs that are multiplied by hand."""
    rates = {"dropout": 0.2, "input_dropout": 0.3, "output_dropout": 0.4, "recurrent_dropout": 0.25}
    network = random_network(cell, layers=2, embedding=embedding)
    options = Model.model_validate({"cell": default_cell(cell), "layers": 2, "dropout_masks": masks, **rates})
    ids, states, steps = torch.randint(0, 5, (7, 2)), random_states(network, 2), 6
    width, rows = embedding or 5, steps if masks == "step" else 1
    one_hot_by_step = embedding is None and masks == "step"
    weights = [name for own in network.layers for name in ("W_h", *(w.name for w in own.weights if not w.diagonal))]
    of_weights = [torch.rand_like(getattr(network.layers[number // (len(weights) // 2)], name))
                  for number, name in enumerate(weights)]  # fmt: skip
    entering = torch.rand(rows, 2, *([] if one_hot_by_step else [width]), dtype=torch.float64)
    between, leaving = (torch.rand(rows, 2, 4, dtype=torch.float64) for _ in range(2))
    dropout = Dropout(options, Written(iter([*of_weights, entering, between, leaving])))
    found, _ = network(text_batch(ids, save_at=steps), states, Execution.of(engine), dropout)

    dropped: list[Cell] = []
    numbers = iter(of_weights)
    for own in network.layers:
        names = ["W_h", *(w.name for w in own.weights if not w.diagonal)]
        dropped.append(own.with_weights(**{n: getattr(own, n) * (next(numbers) >= 0.25) / 0.75 for n in names}))
    x = functional.one_hot(ids[:-1], 5).double() if embedding is None else network.embedding[ids[:-1]]
    x = x * (entering[..., None] if one_hot_by_step else entering).ge(0.3) / 0.7
    autograd = Execution.of("autograd")
    h, _ = autograd.recurrence(dropped[0], x, states[0])
    h, _ = autograd.recurrence(dropped[1], h * between.ge(0.2) / 0.8, states[1])
    logits = network.readout.logits(h * leaving.ge(0.4) / 0.6)
    expected = functional.cross_entropy(logits.flatten(0, 1), ids[1:].flatten(), reduction="sum")
    assert relative_difference(found, expected) < 1e-10
    for one, other in zip(gradients(network, found), gradients(network, expected), strict=True):
        assert relative_difference(one, other) < 1e-10


@pytest.mark.parametrize("name", RECURRENT)
def test_the_expectation_over_dropped_recurrent_weights_is_the_whole_product(name: str) -> None:
    """For a given h_{t−1}: the pre-activations of all masks, each with its probability, add up to those without one."""
    rate, hidden = 0.3, 2
    cell = random_cell(name, 3, hidden)
    gates = cell.gates[-1:]  # of these alone: all masks of a whole W_h are too many
    columns, h = cell.columns(gates), torch.randn(1, hidden).double()
    total = torch.zeros(1, hidden).double()
    for drawn in product((0.0, 1.0), repeat=hidden * hidden):
        uniform = torch.ones_like(cell.W_h)
        uniform[:, columns] = torch.tensor(drawn, dtype=torch.float64).view(hidden, hidden)
        others = [torch.ones_like(getattr(cell, weight.name)) for weight in cell.weights if not weight.diagonal]
        options = Model.model_validate({"cell": default_cell(name), "recurrent_dropout": rate})
        _, (dropped,) = Dropout(options, Written(iter([uniform, *others]))).entered(torch.zeros(1, 1).long(), [cell])
        kept = sum(drawn)
        total += (1 - rate) ** kept * rate ** (len(drawn) - kept) * (h @ dropped.W_h[:, columns])
    torch.testing.assert_close(total, h @ cell.W_h[:, columns], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.999])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_mask_of_weights_keeps_its_share_and_its_expectation(dtype: torch.dtype, rate: float) -> None:
    batch = text_batch(torch.zeros(3, 2, dtype=torch.long), save_at=2)
    like = torch.empty(301, 333, dtype=dtype)
    first, same, later = (Noise(1, step, batch, torch.device("cpu")).of_weights(like, rate) for step in (5, 5, 6))
    assert first.shape == like.shape
    assert first.dtype == dtype
    assert torch.equal(first, same)
    assert not torch.equal(first, later)
    kept = float(first.max())
    assert set(first.unique().tolist()) == {0.0, kept}
    # P(kept) · 1 / (1 − p) = 1: of 65,536 numbers so many are below the rate.
    assert kept * (1 - round(rate * 65536) / 65536) == pytest.approx(1, rel=1e-6 if dtype == torch.float32 else 1e-14)
    share = float((first > 0).double().mean())
    assert abs(share - (1 - rate)) < 5 * (rate * (1 - rate) / like.numel()) ** 0.5 + 1e-5


@pytest.mark.parametrize("kind", ["input_dropout", "output_dropout", "dropout"])
def test_the_expectation_of_what_is_dropped_is_the_whole(kind: str) -> None:
    rate, cell = 0.4, random_cell("lstm", 3, 3)
    x = torch.randn(1, 1, 3).double()
    total = torch.zeros_like(x)
    for drawn in product((0.0, 1.0), repeat=3):
        options = Model.model_validate({"cell": default_cell("lstm"), "layers": 2, kind: rate})
        dropout = Dropout(options, Written(iter([torch.tensor(drawn, dtype=torch.float64).view(1, 1, 3)])))
        ways = {
            "input_dropout": lambda d=dropout: d.entered(x, [cell])[0],
            "dropout": lambda d=dropout: d.between(x, cell),
            "output_dropout": lambda d=dropout: d.output(x),
        }
        kept = sum(drawn)
        total += (1 - rate) ** kept * rate ** (3 - kept) * ways[kind]()
    torch.testing.assert_close(total, x, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("drawn", [0.0, 1.0])
def test_a_one_hot_input_is_dropped_or_divided_by_the_share_that_stays(drawn: float) -> None:
    cell, ids = random_cell("gru", 5, 3), torch.tensor([[2]])
    options = Model.model_validate({"cell": default_cell("gru"), "input_dropout": 0.2})
    dropout = Dropout(options, Written(iter([torch.full((1, 1), drawn).double()])))
    x, (bottom,) = dropout.entered(ids, [cell])
    assert cell.b is not None
    expected = cell.b + drawn * cell.W_x[2] / 0.8
    torch.testing.assert_close(bottom.project(x)[0, 0], expected, rtol=1e-12, atol=1e-12)


def test_masks_of_weights_serve_a_whole_window_also_in_pieces() -> None:
    """A window whose state is saved inside it gives the loss and the gradients of the same window in one piece."""
    network = random_network("lstm")
    ids, states = torch.randint(0, 5, (9, 2)), random_states(network, 2)
    found = []
    for save_at in (8, 3):
        dropout = dropout_of(2, recurrent_dropout=0.5, output_dropout=0.5, input_dropout=0.5, dropout_masks="window")
        loss, _ = network(text_batch(ids, save_at), states, Execution.of(), dropout)
        found.append([loss, *gradients(network, loss)])
    for whole, pieces in zip(*found, strict=True):
        assert relative_difference(pieces, whole) < 1e-10


def test_masks_of_a_window_are_one_a_lane_and_those_of_steps_are_not() -> None:
    x = torch.ones(50, 3, 40).double()
    by_window = dropout_of(3, output_dropout=0.5, dropout_masks="window").output(x)
    assert torch.equal(by_window, by_window[:1].expand_as(by_window))
    assert not torch.equal(by_window[:, 0], by_window[:, 1])
    by_step = dropout_of(3, output_dropout=0.5).output(x)
    assert not torch.equal(by_step[0], by_step[1])
    assert set(by_step.unique().tolist()) == {0.0, 2.0}
    assert float(by_step.mean()) == pytest.approx(1, abs=0.05)


def test_diagonal_weights_are_not_dropped() -> None:
    cell = random_cell("peephole-lstm", 2, 3)
    _, (dropped,) = dropout_of(2, recurrent_dropout=0.5).entered(torch.zeros(1, 1).long(), [cell])
    for weight in cell.weights:
        assert weight.diagonal
        assert getattr(dropped, weight.name) is getattr(cell, weight.name)
    assert not torch.equal(dropped.W_h, cell.W_h)


def test_a_cell_without_recurrent_weights_refuses_the_key() -> None:
    with pytest.raises(ValueError, match="`recurrent_dropout` drops recurrent weights, and the cell min-gru has none"):
        Model.model_validate({"cell": default_cell("min-gru"), "recurrent_dropout": 0.1})


def test_processes_draw_the_masks_of_one() -> None:
    x = torch.ones(4, 5, 6).double()
    rates: dict[str, Any] = {"output_dropout": 0.5, "recurrent_dropout": 0.5}
    whole = dropout_of(5, **rates)
    parts = [dropout_of(5, own=own, **rates) for own in (range(2), range(2, 5))]
    pieces = [part.output(x[:, part.noise.own.start : part.noise.own.stop]) for part in parts]
    assert torch.equal(torch.cat(pieces, dim=1), whole.output(x))
    cell = random_cell("lstm", 2, 3)
    ids = torch.zeros(1, 1).long()
    first, *others = [one.entered(ids, [cell])[1][0].W_h for one in (whole, *parts)]
    assert all(torch.equal(first, other) for other in others)


def test_another_step_or_seed_draws_other_masks() -> None:
    x = torch.ones(4, 2, 6).double()
    first = dropout_of(2, output_dropout=0.5).output(x)
    assert torch.equal(first, dropout_of(2, output_dropout=0.5).output(x))
    assert not torch.equal(first, dropout_of(2, step=1, output_dropout=0.5).output(x))
    assert not torch.equal(first, dropout_of(2, seed=2, output_dropout=0.5).output(x))


@pytest.mark.parametrize("task", EXAMPLE_TASKS)
@pytest.mark.parametrize("kind", ["input_dropout", "output_dropout", "recurrent_dropout"])
def test_networks_of_examples_drop_too(task: str, kind: str) -> None:
    """Engines agree, the loss is another one than without, and without a mask it is the same again."""
    network = random_example_network(task, "gru", hidden=8)
    batch = example_batch(*random_rows(task, 5))
    plain, _ = network(batch, (), Execution.of())
    losses = [
        network(batch, (), Execution.of(engine), dropout_of(5, **cast(Any, {kind: 0.5})))[0] for engine in ALL_ENGINES
    ]
    for loss in losses:
        assert relative_difference(loss, losses[0]) < 1e-10
    assert not torch.equal(plain, losses[0])
    assert torch.equal(plain, network(batch, (), Execution.of())[0])


def test_weights_of_a_window_leave_the_cell_as_it_was() -> None:
    cell = random_cell("lstm", 2, 3)
    other = cell.with_weights(W_h=torch.zeros(3, 12).double())
    assert not other.W_h.any()
    assert cast(Tensor, cell.W_h).any()
    assert other.W_x is cell.W_x
    assert [name for name, _ in cell.named_parameters()] == ["W_x", "W_h", "b"]


def test_there_is_no_such_mask() -> None:
    with pytest.raises((ValueError, UsageError), match="dropout_masks"):
        dropout_of(2, dropout_masks="sometimes")

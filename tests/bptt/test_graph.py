"""Recorded loops, as far as a CPU can tell: what a device would replay is done again here, into the same memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from charnn.bptt.engines import Engine, graph
from charnn.bptt.engines.graph import Graph
from charnn.bptt.engines.manual import Manual
from charnn.bptt.loops import ForwardPass
from charnn.cells import Cell
from tests.models import EVERY_CELL, random_cell, random_state, relative_difference

recorded: list[int] = []


def _tensors(results: Any) -> list[Tensor]:
    if isinstance(results, Tensor):
        return [results]
    if isinstance(results, ForwardPass):
        results = (results.hidden, results.last, results.steps)
    return [tensor for part in results or () for tensor in _tensors(part)]


def _repeat(run: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
    results = run()
    recorded.append(len(_tensors(results)))

    def replay() -> None:
        # Computed aside first, as a device finishes a kernel before its memory is read.
        again = [tensor.clone() for tensor in _tensors(run())]
        for place, tensor in zip(_tensors(results), again, strict=True):
            place.copy_(tensor)

    return replay, results


@pytest.fixture(autouse=True)
def _on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "record", _repeat)
    monkeypatch.setattr(Graph, "why_not", lambda engine, cell: None)
    recorded.clear()


def _window(cell: Cell, engine: Engine, seed: int, xi: list[float] | None) -> list[Tensor]:
    torch.manual_seed(seed)
    ids, state = torch.randint(0, cell.inputs, (5, 3)), random_state(cell, 3)
    hidden, last = engine(cell, ids, state, xi)
    loss = hidden.square().sum() + sum((part * 0.3).sum() for part in last)
    return [
        hidden.detach(),
        *(part.detach() for part in last),
        *torch.autograd.grad(loss, [*state, *cell.parameters()]),
    ]


@pytest.mark.parametrize("name", EVERY_CELL)
def test_a_replay_is_the_window_itself(name: str) -> None:
    """Windows with other numbers and ξ, one after another, through loops that were recorded once."""
    cell = random_cell(name, 4, 6)
    for seed, xi in enumerate([None, None, [1.0, 0.0, 2.0, 1.0, 1.5], None]):
        found, wanted = (_window(cell, engine, seed, xi) for engine in (Graph(), Manual()))
        assert all(relative_difference(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True))
    assert len(recorded) == 2, "one forward and one backward loop, from the second window on"


def test_a_window_whose_backward_pass_is_still_to_come_is_not_overwritten() -> None:
    cell = random_cell("gru", 4, 6)
    ids, state = torch.randint(0, 4, (5, 3)), cell.zero_state(3)
    Graph()(cell, ids, state)  # seen once
    first, _ = Graph()(cell, ids, state)
    second, _ = Graph()(cell, ids.flip(0), state)
    for hidden, read in ((first, ids), (second, ids.flip(0))):
        wanted = torch.autograd.grad(Manual()(cell, read, state)[0].square().sum(), list(cell.parameters()))
        found = torch.autograd.grad(hidden.square().sum(), list(cell.parameters()))
        assert all(relative_difference(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True))


def test_weights_that_moved_are_recorded_anew() -> None:
    cell = random_cell("rnn", 4, 6)
    for _ in range(2):
        _window(cell, Graph(), 1, None)
    cell.double()
    cell.W_h.data = cell.W_h.data.clone() * 2
    for _ in range(3):
        found, wanted = (_window(cell, engine, 1, None) for engine in (Graph(), Manual()))
        assert all(relative_difference(a, b) < 1e-12 for a, b in zip(found, wanted, strict=True))
    assert len(recorded) == 4


def test_few_shapes_are_kept_and_long_windows_are_not_recorded() -> None:
    cell = random_cell("linear", 4, 3)
    for lanes in range(1, graph.MOST_SHAPES + 4):
        for _ in range(2):
            Graph()(cell, torch.zeros(2, lanes, dtype=torch.long), cell.zero_state(lanes))
    assert len(graph._shapes[cell].recorded) == graph.MOST_SHAPES
    before = len(recorded)
    for _ in range(3):
        Graph()(cell, torch.zeros(graph.MOST_STEPS + 1, 1, dtype=torch.long), cell.zero_state(1))
    assert len(recorded) == before

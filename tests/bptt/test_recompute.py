"""Recomputed windows give the gradients of stored ones, and hold less."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
from torch import Tensor

from charnn.bptt import recompute
from charnn.bptt.engines.manual import Manual
from charnn.bptt.execution import Execution
from charnn.bptt.recompute import bounded_stretch
from charnn.cells import Cell, State
from tests.models import ALL_ENGINES, EVERY_CELL, engine_of, random_cell, random_state, relative_difference


@pytest.mark.parametrize("runner", ALL_ENGINES)
@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("every", [1, 3, 7, 10, 11])
def test_gradients_are_those_of_stored_windows(name: str, runner: str, every: int) -> None:
    """Inputs, weights, carried state, with ξ that is 0 at and between the borders of stretches."""
    engine, xi = engine_of(runner), [1.0, 2.0, 0.0, 0.0, 1.5, 1.0, 1.0, 0.0, 1.0, 2.0]
    of_rows = torch.tensor([xi, xi[::-1], [1.0] * 10], dtype=torch.float64).t().contiguous()
    cases = ((True, xi, None), (False, xi, None), (True, of_rows, torch.tensor([7, 10, 1])))
    for one_hot, gates, ends in cases:
        results = []
        for run in (engine, Execution(engine, every).recurrence):
            cell = random_cell(name, 4, 5)
            x = torch.randint(0, 4, (10, 3)) if one_hot else torch.randn(10, 3, 4, dtype=torch.float64).requires_grad_()
            state = random_state(cell, 3)
            output, last = run(cell, x, state, gates, ends)
            if ends is not None:  # what is beyond a row's end is not read
                output = output * (torch.arange(10)[:, None] < ends)[..., None]
            (output.square().sum() + sum(part.sum() for part in last)).backward()
            leaves = [*cell.parameters(), *state, *([] if one_hot else [x])]
            results.append([output, *last, *(leaf.grad for leaf in leaves)])
        for expected, found in zip(*results, strict=True):
            assert relative_difference(found, expected) < 1e-12


@pytest.mark.parametrize("read", ["output", "last"])
def test_what_is_not_read_needs_no_gradient(read: str) -> None:
    results = []
    for run in (Execution.of().recurrence, Execution.of(recompute=2).recurrence):
        cell = random_cell("lstm", 4, 5)
        output, last = run(cell, torch.randint(0, 4, (5, 3)), cell.zero_state(3))
        results.append(torch.autograd.grad((output if read == "output" else last[1]).sum(), list(cell.parameters())))
    for expected, found in zip(*results, strict=True):
        assert relative_difference(found, expected) < 1e-12


def test_auto_leaves_windows_of_usual_size_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = random_cell("lstm", 4, 512, dtype=torch.float32)
    assert bounded_stretch(cell, 128, 64) == 128
    small = random_cell("lstm", 4, 128, dtype=torch.float32)
    stretch = bounded_stretch(small, 178_978, 1)
    assert stretch < 178_978 / 4
    monkeypatch.setattr(recompute, "LARGEST_WINDOW", 0)
    monkeypatch.setattr(recompute, "STRETCH", 0)
    assert bounded_stretch(cell, 10, 3) == 1


def test_what_the_steps_saved_is_gone_before_the_backward_pass() -> None:
    """The engine's own tensors of a stretch are alive only while that stretch is worked at."""
    alive: list[weakref.ref[torch.Tensor]] = []

    class Noting(Manual):
        def __call__(
            self, cell: Cell, x: Tensor, state: State, xi: Any = None, ends: Any = None
        ) -> tuple[Tensor, State]:
            output, last = super().__call__(cell, x, state, xi, ends)
            alive.append(weakref.ref(output))
            return output, last

    cell = random_cell("lstm", 4, 5)
    output, _ = Execution(Noting(), 2).recurrence(cell, torch.randint(0, 4, (8, 3)), cell.zero_state(3))
    gc.collect()
    assert len(alive) == 4
    assert all(reference() is None for reference in alive)
    output.sum().backward()
    assert len(alive) == 8


def test_without_gradients_nothing_is_kept_and_nothing_is_cut() -> None:
    lengths: list[int] = []

    class Noting(Manual):
        def __call__(
            self, cell: Cell, x: Tensor, state: State, xi: Any = None, ends: Any = None
        ) -> tuple[Tensor, State]:
            lengths.append(len(x))
            return super().__call__(cell, x, state, xi, ends)

    cell = random_cell("lstm", 4, 5)
    with torch.no_grad():
        Execution(Noting(), 2).recurrence(cell, torch.randint(0, 4, (8, 3)), cell.zero_state(3))
    assert lengths == [8]
    Execution(Noting(), 2).recurrence(cell, torch.randint(0, 4, (7, 3)), cell.zero_state(3))
    assert lengths == [8, 2, 2, 2, 1]

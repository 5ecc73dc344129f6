"""Recomputed windows give the gradients of stored ones, and hold less."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from charnn.bptt.recurrence import engine

from charnn.bptt import recompute
from charnn.bptt.engines import ENGINES
from charnn.bptt.recompute import recomputing
from tests.models import ALL_CELLS, random_cell, random_state, relative_difference


@pytest.mark.parametrize("runner", ENGINES.names())
@pytest.mark.parametrize("name", ALL_CELLS)
@pytest.mark.parametrize("every", [1, 3, 7, 10, 11])
def test_gradients_are_those_of_stored_windows(name: str, runner: str, every: int) -> None:
    """Inputs, weights, carried state, with gates that are 0 at and between the borders of stretches."""
    run, gates = engine(runner), [1.0, 2.0, 0.0, 0.0, 1.5, 1.0, 1.0, 0.0, 1.0, 2.0]
    for one_hot in (True, False):
        results = []
        for way in (run, recomputing(run, every)):
            cell = random_cell(name, 4, 5)
            x = torch.randint(0, 4, (10, 3)) if one_hot else torch.randn(10, 3, 4, dtype=torch.float64).requires_grad_()
            state = random_state(cell, 3)
            output, last = way(cell, x, state, gates)
            (output.square().sum() + sum(part.sum() for part in last)).backward()
            leaves = [*cell.parameters(), *state, *([] if one_hot else [x])]
            results.append([output, *last, *(leaf.grad for leaf in leaves)])
        for expected, found in zip(*results, strict=True):
            assert relative_difference(found, expected) < 1e-12


@pytest.mark.parametrize("read", ["output", "last"])
def test_what_is_not_read_needs_no_gradient(read: str) -> None:
    results = []
    for way in (engine(), recomputing(engine(), 2)):
        cell = random_cell("lstm", 4, 5)
        output, last = way(cell, torch.randint(0, 4, (5, 3)), cell.zero_state(3))
        results.append(torch.autograd.grad((output if read == "output" else last[1]).sum(), list(cell.parameters())))
    for expected, found in zip(*results, strict=True):
        assert relative_difference(found, expected) < 1e-12


def test_auto_leaves_windows_of_usual_size_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = random_cell("lstm", 4, 512, dtype=torch.float32)
    assert recompute.stretch_of(cell, 128, 64, None) == 128
    small = random_cell("lstm", 4, 128, dtype=torch.float32)
    stretch = recompute.stretch_of(small, 178_978, 1, None)
    assert stretch < 178_978 / 4
    monkeypatch.setattr(recompute, "LARGEST_WINDOW", 0)
    monkeypatch.setattr(recompute, "STRETCH", 0)
    assert recompute.stretch_of(cell, 10, 3, None) == 1


def test_what_the_steps_saved_is_gone_before_the_way_back() -> None:
    """The engine's own tensors of a stretch are alive only while that stretch is worked at."""
    alive: list[weakref.ref[torch.Tensor]] = []

    def run(cell, x, state, gates=None):  # type: ignore[no-untyped-def]
        output, last = engine("manual")(cell, x, state, gates)
        alive.append(weakref.ref(output))
        return output, last

    cell = random_cell("lstm", 4, 5)
    output, _ = recomputing(run, 2)(cell, torch.randint(0, 4, (8, 3)), cell.zero_state(3))
    gc.collect()
    assert len(alive) == 4
    assert all(reference() is None for reference in alive)
    output.sum().backward()
    assert len(alive) == 8

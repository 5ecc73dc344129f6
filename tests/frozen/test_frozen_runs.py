"""Runs that an old commit made are read, scored, sampled and continued as that commit did it.

`make.py` made them, and says how. Since then scores and whole updates have become kernels, which round some sums
in another order: losses are held to what that leaves of them, closer where torch and the kind of processor are those
that the figures were made with. There texts are held to the symbol.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from charnn.kernels.library import library
from tests.cli.conftest import Charnn
from tests.frozen.make import ESCAPED, FIGURES, HALF, RUNS, WHOLE, continuation, drawing, evaluation, left_by

KNOWN = json.loads(FIGURES.read_text(encoding="utf-8"))
CLOSE = {"float32": 1e-6, "float64": 1e-12}
"""How far losses in nats may differ on the same kind of processor."""
FAR = {"float32": 1e-5, "float64": 1e-10}
"""And on another."""
LOSSES = ("loss", "validation_loss")
COUNTS = ("step", "epoch", "characters", "bounded_windows", "finished")


@pytest.fixture
def same_processor() -> bool:
    """Whether the kind of processor and torch are those that the figures were made with."""
    kernels = library()
    here = (kernels.variant if kernels else None, torch.__version__, torch.backends.cpu.get_cpu_capability())
    return here == (KNOWN["kernels"], KNOWN["torch"], KNOWN["processor"])


@pytest.fixture
def tolerances(same_processor: bool) -> dict[str, float]:
    """How far losses in nats may differ, by the type of number."""
    return CLOSE if same_processor else FAR


@pytest.fixture(params=sorted(KNOWN["runs"]))
def name(request: pytest.FixtureRequest) -> str:
    """A frozen run, of which there is a copy of that name in the test's own folder."""
    found: str = request.param
    shutil.copytree(RUNS / found, found)
    return found


def test_every_frozen_run_has_its_figures() -> None:
    assert {path.name for path in RUNS.iterdir()} == set(KNOWN["runs"])


def test_it_is_scored_as_it_was(charnn: Charnn, name: str, tolerances: dict[str, float]) -> None:
    known = KNOWN["runs"][name]
    done = charnn(*evaluation(name))
    assert done.code == 0, done.err
    assert done.json["nats"] == pytest.approx(float(known["nats"]), rel=0, abs=tolerances[known["dtype"]])


def test_it_draws_the_text_that_it_drew(charnn: Charnn, name: str, same_processor: bool) -> None:
    done = charnn(*drawing(name, name))
    assert done.code == 0, done.err
    if same_processor:
        assert done.out.decode(errors=ESCAPED) == KNOWN["runs"][name]["sample"]


def test_it_goes_on_as_it_did(charnn: Charnn, name: str, tolerances: dict[str, float]) -> None:
    known = KNOWN["runs"][name]
    half = left_by(Path(name))
    done = charnn(*continuation(name))
    assert done.code == 0, done.err
    whole = left_by(Path(name))
    assert whole["rows"][: len(half["rows"])] == half["rows"], "what was done is not written anew"
    assert (half["rows"][-1]["step"], whole["rows"][-1]["step"]) == (HALF, WHOLE)
    assert [shape(entry) for entry in whole["tensors"].items()] == [shape(entry) for entry in known["tensors"].items()]
    assert [picked(row, COUNTS) for row in whole["rows"]] == [picked(row, COUNTS) for row in known["rows"]]
    for ours, theirs in zip(whole["rows"], known["rows"], strict=True):
        expected = pytest.approx(picked(theirs, LOSSES), rel=0, abs=tolerances[known["dtype"]])
        assert picked(ours, LOSSES) == expected


def shape(entry: tuple[str, str]) -> str:
    """A tensor's name, type and shape, without its hash."""
    return f"{entry[0]} {entry[1].rpartition(' ')[0]}"


def picked(row: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row[key] for key in keys if key in row}

"""`charnn train --tensorboard`: the rows of `metrics.jsonl`, each once."""

from __future__ import annotations

import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from charnn.runs.run import Run
from tests.cli.conftest import Charnn
from tests.cli.test_resume import DIVERGING, TEXT, options

HELLO = ("train", "-c", "hello", "--out", "run", "-q", "--tensorboard")


def shown(run: str) -> dict[str, dict[int, float]]:
    """What TensorBoard shows of a run: the values of each scalar by step."""
    events = EventAccumulator(f"{run}/tensorboard", size_guidance={"scalars": 0})
    events.Reload()
    found = {}
    for name in events.Tags()["scalars"]:
        scalars = events.Scalars(name)
        assert len({event.step for event in scalars}) == len(scalars), "a step stands twice"
        found[name] = {event.step: event.value for event in scalars}
    return found


def written(run: str) -> dict[str, dict[int, Any]]:
    """The numbers of `metrics.jsonl`, in the same form."""
    found: dict[str, dict[int, Any]] = {}
    for row in Run(Path(run)).rows("metrics.jsonl"):
        for key, value in row.items():
            if "event" not in row and key not in ("step", "finished"):
                found.setdefault(key, {})[row["step"]] = pytest.approx(value, rel=1e-6)
    return found


def test_the_events_are_the_rows_of_the_metrics(charnn: Charnn) -> None:
    assert charnn(*HELLO, "-s", "train.steps=60").code == 0
    assert {20, 40, 60} == set(shown("run")["loss"])
    assert shown("run") == written("run")
    assert charnn(*HELLO, "-s", "train.steps=40", "--force").code == 0
    assert shown("run") == written("run")
    assert charnn("sample", "run").code == 0


def test_a_training_that_goes_on_from_an_earlier_step_shows_no_step_twice(charnn: Charnn) -> None:
    assert charnn(*HELLO, "-s", "train.steps=60", "-s", "train.checkpoint_every=50").code == 0
    assert charnn("train", "--resume", "run", "--from", "50", "--tensorboard", "-s", "train.steps=80").code == 0
    assert {20, 40, 60, 80} == set(shown("run")["loss"])
    assert shown("run") == written("run")


def test_a_training_that_was_rewound_shows_no_step_twice(charnn: Charnn) -> None:
    Path("text.txt").write_text(TEXT)
    settings = [*DIVERGING, "train.on_divergence=rewind", "train.rewind_factor=1e-6", "train.report_every=1"]
    done = charnn("train", *options("linear", "truncated", *settings), "--out", "run", "--tensorboard")
    assert done.code == 0, done.err
    rows = Run(Path("run")).rows("metrics.jsonl")
    (back,) = [place for place, row in enumerate(rows) if row.get("event") == "rewound"]
    assert rows[back]["from"] > rows[back]["step"] + 1, "nothing was written that the rewinding made void"
    assert shown("run") == written("run")


def test_without_the_package_nothing_is_begun(charnn: Charnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    done = charnn(*HELLO)
    assert (done.code, done.out) == (2, b"")
    assert "pip install 'charnn[tensorboard]'" in done.err
    assert not Path("run").exists()


def test_tensorboard_is_imported_only_where_it_is_asked_for() -> None:
    code = (
        "import sys; from charnn.cli import main\n"
        "sys.argv = ['charnn', 'train', '-c', 'hello', '-q', '-s', 'train.steps=1']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not {'tensorboard', 'torch.utils.tensorboard'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

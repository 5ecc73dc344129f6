"""Curves of runs: which numbers they are, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from charnn.analysis.curves.reading import read_curves
from charnn.errors import RunError
from charnn.runs.layout import BASELINE
from charnn.runs.run import Run
from tests.analysis.runs import report, run_with


def test_the_numbers_are_those_of_the_metrics() -> None:
    rows = [report(10, loss=2.5), report(20, loss=2.0, validation_loss=2.25), report(30, gradient_norm=0.0)]
    (curves,) = read_curves([run_with("a", rows, "clip={by: norm, threshold: 5}")], "seconds")
    assert curves.points("loss") == ([2.0, 4.0, 6.0], [2.5, 2.0, 3.0])
    assert curves.points("validation_loss") == ([4.0], [2.25])
    assert curves.points("gradient_norm") == ([2.0, 4.0], [0.5, 0.5])  # 0 has no logarithm
    assert curves.threshold == 5
    log = curves.run.path / "metrics.jsonl"
    log.write_text(log.read_text().replace('"loss": 2.5', '"loss": NaN'))
    assert read_curves([curves.run])[0].points("loss")[1] == [2.0, 3.0]
    assert curves.baseline is None


def test_a_threshold_of_values_is_not_a_norm() -> None:
    (curves,) = read_curves([run_with("a", [report(1)], "clip={by: value, threshold: 5}")])
    assert curves.threshold is None


def test_events_lie_between_the_reports_around_them() -> None:
    rows = [
        report(10),
        {"step": 15, "event": "rewound", "from": 17, "rewinds": 1},
        report(20),
        {"step": 24, "event": "diverged", "message": "objective nan"},
    ]
    (curves,) = read_curves([run_with("a", rows)], "characters")
    assert [(event.kind, event.step, event.place) for event in curves.events] == [
        ("rewound", 15, 60.0),
        ("diverged", 24, 80.0),
    ]
    assert [event.message for event in curves.events] == ["rewound from step 17", "objective nan"]


def test_runs_of_the_same_name_are_told_apart_by_their_folders() -> None:
    for folder in ("x", "y"):
        Path(folder).mkdir()
    found = read_curves([run_with("x/a", [report(1)]), run_with("y/a", [report(1)])])
    assert [curves.label for curves in found] == ["x/a", "y/a"]


def test_what_cannot_be_plotted_is_refused() -> None:
    with pytest.raises(RunError, match=r"nothing to plot of b: no report in its metrics.jsonl yet"):
        read_curves([run_with("a", [report(1)]), run_with("b", [{"step": 0, "event": "diverged", "message": "nan"}])])
    with pytest.raises(RunError, match=r"metrics.jsonl is damaged: KeyError"):
        read_curves([run_with("c", [{"loss": 3.0}])])
    log = run_with("e", []).path / "metrics.jsonl"
    log.write_text(json.dumps(report(1)).replace('"seconds": 0.2', '"seconds": Infinity') + "\n")
    with pytest.raises(RunError, match=r"metrics.jsonl is damaged: ValueError"):
        read_curves([Run(log.parent)])
    run = run_with("d", [report(1)])
    (run.path / BASELINE).write_text("[]")
    with pytest.raises(RunError, match=r"baseline.json is damaged"):
        read_curves([run])

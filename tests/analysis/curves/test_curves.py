"""Curves of runs: which numbers they are, how runs are labelled, what is drawn."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.curves.curves import DARK, EITHER, collect, draw
from charnn.analysis.curves.differences import labels
from charnn.analysis.curves.sparkline import BLOCKS, sparklines
from charnn.configuration.reading import read_settings
from charnn.errors import RunError
from charnn.runs.run import BASELINE, Run
from charnn.storage.pictures import encode_picture

ROW = {"epoch": 0.5, "characters": 40, "seconds": 2.0, "loss": 3.0, "gradient_norm": 0.5, "learning_rate": 0.1}


def report(step: int, **values: Any) -> dict[str, Any]:
    return {**ROW, "step": step, "seconds": step / 5, "characters": 4 * step, **values}


def made(name: str, rows: list[dict[str, Any]], *settings: str) -> Run:
    run = Run(Path(name))
    run.path.mkdir()
    run.write_config(read_settings("corpus.text=hello", *settings))
    for row in rows:
        run.append("metrics.jsonl", row)
    return run


def test_the_numbers_are_those_of_the_metrics() -> None:
    rows = [report(10, loss=2.5), report(20, loss=2.0, validation_loss=2.25), report(30, gradient_norm=0.0)]
    (curves,) = collect([made("a", rows, "clip={by: norm, threshold: 5}")], "seconds")
    assert curves.points("loss") == ([2.0, 4.0, 6.0], [2.5, 2.0, 3.0])
    assert curves.points("validation_loss") == ([4.0], [2.25])
    assert curves.points("gradient_norm") == ([2.0, 4.0], [0.5, 0.5])  # 0 has no logarithm
    assert curves.threshold == 5
    log = curves.run.path / "metrics.jsonl"
    log.write_text(log.read_text().replace('"loss": 2.5', '"loss": NaN'))
    assert collect([curves.run])[0].points("loss")[1] == [2.0, 3.0]
    assert curves.baseline is None


def test_a_threshold_of_values_is_no_norm() -> None:
    (curves,) = collect([made("a", [report(1)], "clip={by: value, threshold: 5}")])
    assert curves.threshold is None


def test_events_lie_between_the_reports_around_them() -> None:
    rows = [
        report(10),
        {"step": 15, "event": "rewound", "from": 17, "rewinds": 1},
        report(20),
        {"step": 24, "event": "diverged", "message": "objective nan"},
    ]
    (curves,) = collect([made("a", rows)], "characters")
    assert [(event.kind, event.step, event.place) for event in curves.events] == [
        ("rewound", 15, 60.0),
        ("diverged", 24, 80.0),
    ]
    assert [event.message for event in curves.events] == ["rewound from step 17", "objective nan"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((["model.cell=rnn"], ["model.cell=lstm"]), ["cell rnn", "cell lstm"]),
        ((["model.cell=rnn", "bptt.tau=16"], ["bptt.tau=8"]), ["cell rnn, tau 16", "cell lstm, tau 8"]),
        ((["clip={by: none}"], []), ["clip none", "clip norm, threshold 1"]),
        ((["optimizer.name=sgd"], []), ["optimizer sgd, learning_rate 1", "optimizer adam, learning_rate 0.002"]),
        ((["model.embedding=3"], []), ["embedding 3", "embedding null"]),
        ((["bptt.tau=16"], ["bptt={strategy: randomized, pi: 0.9}"]),
         ["strategy truncated, tau 16", "strategy randomized, pi 0.9"]),
        ((["train.seed=1"], ["train.seed=2", "train.report_every=3", "train.sample_at=[3]"]), ["seed 1", "seed 2"]),
        ((["train.steps=10"], ["train.steps=20"]), ["steps 10", "steps 20"]),
        (([], ["train.report_every=3"]), ["a", "b"]),
        (([], [], ["model.hidden=2"]), ["hidden 256 (a)", "hidden 256 (b)", "hidden 2"]),
        ((["corpus.source=/x/y/poems.txt"], ["corpus.source=/x/prose.txt"]), ["source poems.txt", "source prose.txt"]),
        ((["train={lanes: 3, steps: 1, loss: sum, seed: 5}", "model={hidden: 3, layers: 2}", "bptt.tau=4"], []),
         ["a", "b"]),
    ],
)  # fmt: skip
def test_runs_are_labelled_by_what_differs(settings: tuple[list[str], ...], expected: list[str]) -> None:
    configs = [read_settings("corpus.text=hello", *own) for own in settings]
    found = labels(["a", "b", "c"][: len(configs)], configs)
    assert found == expected


def test_runs_of_the_same_name_are_told_apart_by_their_folders() -> None:
    for folder in ("x", "y"):
        Path(folder).mkdir()
    found = collect([made("x/a", [report(1)]), made("y/a", [report(1)])])
    assert [curves.label for curves in found] == ["x/a", "y/a"]


def test_the_picture_holds_every_line_and_event() -> None:
    rows = [report(1, validation_loss=2.0), report(2, characters_per_second=5.0), report(3)]
    events = [{"step": 2, "event": "rewound", "from": 3}, {"step": 3, "event": "diverged", "message": "nan"}]
    run = made("a", [*rows, *events])
    run.write(BASELINE, json.dumps({"model": "mixture", "order": 3, "nats": 1.5}))
    figure = draw(collect([run, made("b", rows, "model.hidden=3", "clip.threshold=2")]))
    loss, norm, rate, speed = figure.axes
    heights = [list(line.get_ydata()) for line in loss.lines]
    assert [3.0, 3.0, 3.0] in heights
    assert [2.0] in heights
    assert [1.5, 1.5] in heights
    dashed = [list(line.get_ydata()) for line in norm.lines if line.get_linestyle() == "--"]
    assert dashed == [[1.0, 1.0], [2.0, 2.0]]
    assert len(rate.lines) == 2 + 2
    assert [5.0] in [list(line.get_ydata()) for line in speed.lines]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"hidden 256, threshold 1", "hidden 3, threshold 2", "rewound", "diverged", "clipped above"} <= set(names)


def test_the_same_curves_give_the_same_bytes_in_any_look() -> None:
    found = collect([made("$a_{", [report(1), report(2)])])
    for form in ("svg", "png"):
        pictures = [encode_picture(draw(found, look), form) for look in (EITHER, EITHER, DARK)]
        assert pictures[0] == pictures[1] != pictures[2]


def test_what_cannot_be_plotted_is_refused() -> None:
    with pytest.raises(RunError, match=r"nothing to plot of b: no report in its metrics.jsonl yet"):
        collect([made("a", [report(1)]), made("b", [{"step": 0, "event": "diverged", "message": "nan"}])])
    with pytest.raises(RunError, match=r"metrics.jsonl is damaged: KeyError"):
        collect([made("c", [{"loss": 3.0}])])
    log = made("e", []).path / "metrics.jsonl"
    log.write_text(json.dumps(report(1)).replace('"seconds": 0.2', '"seconds": Infinity') + "\n")
    with pytest.raises(RunError, match=r"metrics.jsonl is damaged: ValueError"):
        collect([Run(log.parent)])
    run = made("d", [report(1)])
    (run.path / BASELINE).write_text("[]")
    with pytest.raises(RunError, match=r"baseline.json is damaged"):
        collect([run])


def test_an_explosion_is_drawn_on_a_logarithmic_axis() -> None:
    rows = [report(step, loss=1e6 if step == 9 else 3.0) for step in range(1, 10)]
    assert draw(collect([made("a", rows)])).axes[0].get_yscale() == "log"
    assert draw(collect([made("b", rows[:-1])])).axes[0].get_yscale() == "linear"


def test_lines_of_blocks() -> None:
    line, short = sparklines([([1, 2, 3, 4], [0, 7, 7, 0]), ([3], [3.5])], 4, (1, 4))
    assert (line, short) == ("▁██▁", "  ▅ ")
    assert sparklines([([0, 10], [0, 7])], 8, (0, 10)) == ["▁▂▃▄▅▆▇█"]  # a straight line between two points
    assert sparklines([([0, 10], [1, 10**7])], 8, (0, 10), log=True) == ["▁▂▃▄▅▆▇█"]
    assert sparklines([([], []), ([1, 2], [5, 5])], 3, (1, 2)) == ["   ", "▁▁▁"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 40))
def test_a_line_has_its_width_and_reaches_from_bottom_to_top(values: list[float], width: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (line,) = sparklines([(list(range(len(values))), values)], width, (0, len(values) - 1))
    assert len(line) == width
    assert set(line) <= {*BLOCKS, " "}
    if width >= len(values) > 1 and min(values) < max(values):
        assert {"▁", "█"} <= set(line)

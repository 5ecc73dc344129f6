"""Curves as a picture: every line and event is there, and the same curves give the same bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from charnn.analysis.curves.picture import plot_curves
from charnn.analysis.curves.reading import read_curves
from charnn.runs.layout import BASELINE
from charnn.storage.pictures import encode_picture
from tests.analysis.runs import report, run_with

pytest.importorskip("matplotlib")


def heights_of(line: Any) -> list[float]:
    return list(line.get_ydata())


def test_the_picture_holds_every_line_and_event() -> None:
    rows = [report(1, validation_loss=2.0), report(2, characters_per_second=5.0), report(3)]
    events = [{"step": 2, "event": "rewound", "from": 3}, {"step": 3, "event": "diverged", "message": "nan"}]
    run = run_with("a", [*rows, *events])
    run.write(BASELINE, json.dumps({"model": "mixture", "order": 3, "nats": 1.5}))
    figure = plot_curves(read_curves([run, run_with("b", rows, "model.hidden=3", "clip.threshold=2")]))
    loss, norm, rate, speed = figure.axes
    heights = [heights_of(line) for line in loss.lines]
    assert [3.0, 3.0, 3.0] in heights
    assert [2.0] in heights
    assert [1.5, 1.5] in heights
    dashed = [heights_of(line) for line in norm.lines if line.get_linestyle() == "--"]
    assert dashed == [[1.0, 1.0], [2.0, 2.0]]
    assert len(rate.lines) == 2 + 2
    assert [5.0] in [heights_of(line) for line in speed.lines]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"hidden 256, threshold 1", "hidden 3, threshold 2", "rewound", "diverged", "clipped above"} <= set(names)


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_same_curves_give_the_same_bytes(form: str) -> None:
    curves = read_curves([run_with("$a_{", [report(1), report(2)])])
    first, second = (encode_picture(plot_curves(curves), form) for _ in range(2))
    assert first == second


def test_an_explosion_is_drawn_on_a_logarithmic_axis() -> None:
    rows = [report(step, loss=1e6 if step == 9 else 3.0) for step in range(1, 10)]
    assert plot_curves(read_curves([run_with("a", rows)])).axes[0].get_yscale() == "log"
    assert plot_curves(read_curves([run_with("b", rows[:-1])])).axes[0].get_yscale() == "linear"


def test_measures_of_answers_have_a_panel_of_their_own() -> None:
    rows = [report(1, validation_accuracy=0.25, validation_macro_f1=0.125), report(2, validation_accuracy=0.5)]
    figure = plot_curves(read_curves([run_with("a", rows)]))
    assert [axes.get_title() for axes in figure.axes[:2]] == ["loss (nats per character)", "answers"]
    panel = figure.axes[1]
    assert [heights_of(line) for line in panel.lines if len(line.get_xdata())] == [[0.25, 0.5], [0.125]]  # type: ignore[arg-type]
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["accuracy", "macro F1"]
    assert len(plot_curves(read_curves([run_with("b", [report(1)])])).axes) == 4

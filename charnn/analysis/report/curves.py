"""How a training went, as a part of a report: its curves, gradients and clipping, and what happened in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charnn.analysis.curves.reading import BASELINE_LABEL, MEASURES, THRESHOLD_LABEL, Curves, read_curves
from charnn.analysis.pages.html import Html, element, joined, paragraph, section
from charnn.analysis.pages.line_chart import Line, chart, level
from charnn.runs.layout import METRICS
from charnn.runs.run import Run

_OVER = "step"
_OVER_WORDS = "the steps of the training"


def curves_section(run: Run, baseline: Mapping[str, Any] | None) -> Html:
    """The charts of a run, and in words what a chart does not say."""
    reports = [row for row in run.rows(METRICS) if "loss" in row]
    if not reports:
        return section("How it learned", paragraph("There is nothing to draw: it ended before its first report."))
    (curves,) = read_curves([run], _OVER)
    measures = [_measures(curves, baseline)] if any(curves.points(name)[1] for name in MEASURES) else []
    charts = element("div", _loss(curves, baseline), *measures, _rate(curves), _speed(curves), class_="charts")
    return joined(
        [
            section("How it learned", charts, *_events(curves)),
            section("Gradients and clipping", _clipping(run, reports), _gradients(curves, reports)),
        ]
    )


def _loss(curves: Curves, baseline: Mapping[str, Any] | None) -> Html:
    lines = [
        Line("training", *curves.points("loss"), style="thin"),
        Line("validation", *curves.points("validation_loss"), "red"),
    ]
    if baseline:
        lines.append(level(BASELINE_LABEL, float(baseline["nats"])))
    return chart(f"Loss (nats per {curves.unit})", lines, _OVER_WORDS)


def _measures(curves: Curves, baseline: Mapping[str, Any] | None) -> Html:
    """What the answers are measured by."""
    known = [(name, words) for name, words in MEASURES.items() if curves.points(name)[1]]
    colours = ["blue", "red"][: len(known)]
    lines = [Line(words, *curves.points(name), colour) for (name, words), colour in zip(known, colours, strict=True)]
    first = known[0][0].removeprefix("validation_")
    if baseline and first in baseline:
        lines.append(level(BASELINE_LABEL, float(baseline[first])))
    return chart("Answers to the validation part", lines, _OVER_WORDS)


def _rate(curves: Curves) -> Html:
    return chart("Learning rate", [Line("learning rate", *curves.points("learning_rate"))], _OVER_WORDS, from_zero=True)


def _speed(curves: Curves) -> Html:
    lines = [Line("speed", *curves.points("characters_per_second"), "green")]
    return chart(f"Speed ({curves.unit}s per second)", lines, _OVER_WORDS, from_zero=True)


def _gradients(curves: Curves, reports: Sequence[dict[str, Any]]) -> Html:
    norms = [
        Line("mean", *curves.points("gradient_norm")),
        Line("largest", *curves.points("largest_gradient_norm"), "red", "thin"),
    ]
    if curves.threshold:
        norms.append(level(THRESHOLD_LABEL, curves.threshold))
    charts = []
    if any(line.ys for line in norms):
        charts.append(chart("Gradient norm before clipping", norms, _OVER_WORDS, logarithmic=True))
    shares = [100 * float(row["clipped"]) for row in reports]
    if any(shares):
        lines = [Line("clipped", [float(row[_OVER]) for row in reports], shares)]
        charts.append(chart("Updates that were clipped (%)", lines, _OVER_WORDS, from_zero=True))
    return element("div", *charts, class_="charts")


def _clipping(run: Run, reports: Sequence[dict[str, Any]]) -> Html:
    """Which gradients were clipped, and in how many updates."""
    clip = run.config().clip
    if clip.by == "none":
        return paragraph("Gradients were not clipped.")
    steps = [int(row["step"]) for row in reports]
    lengths = [after - before for before, after in zip([0, *steps], steps, strict=False)]
    clipped = sum(float(row["clipped"]) * length for row, length in zip(reports, lengths, strict=True))
    what = "Gradients with a norm" if clip.by == "norm" else "Parts of a gradient"
    largest = max(float(row["largest_gradient_norm"]) for row in reports)
    return paragraph(
        f"{what} above {clip.threshold:g} were clipped, in {round(clipped):,} of {steps[-1]:,} updates."
        f" The largest norm before clipping was {largest:.3g}."
    )


def _events(curves: Curves) -> list[Html]:
    """What happened in the training, if anything did."""
    items = [element("li", f"After step {event.step:,}: {event.message or event.kind}") for event in curves.events]
    return [element("ul", *items)] if items else []

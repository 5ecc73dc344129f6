"""How a training went, as a part of a report: its curves, its gradients and clipping, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charnn.analysis.curves.curves import Curves, collect
from charnn.analysis.report.html import Html, element, joined, paragraph, section
from charnn.analysis.report.line_chart import Line, chart, level
from charnn.runs.run import Run

_OVER = "step"
_ACROSS = "the steps of the training"


def curves_section(run: Run, baseline: Mapping[str, Any] | None) -> Html:
    """The charts of a run, and in words what a chart does not say."""
    reports = [row for row in run.rows("metrics.jsonl") if "loss" in row]
    if not reports:
        return section("How it learned", paragraph("There is nothing to draw: it ended before its first report."))
    unit = run.vocabulary().unit
    (curves,) = collect([run], _OVER)
    learning = element("div", _loss(curves, baseline, unit), _rate(curves), _speed(curves, unit), class_="charts")
    return joined(
        [
            section("How it learned", learning, *_events(curves)),
            section("Gradients and clipping", _clipping(run, reports), _gradients(curves, reports)),
        ]
    )


def _loss(curves: Curves, baseline: Mapping[str, Any] | None, unit: str) -> Html:
    lines = [
        Line("training", *curves.points("loss"), style="thin"),
        Line("validation", *curves.points("validation_loss"), "red"),
    ]
    if baseline:
        lines.append(level("the best n-gram model", float(baseline["nats"])))
    return chart(f"Loss (nats per {unit})", lines, _ACROSS)


def _rate(curves: Curves) -> Html:
    return chart("Learning rate", [Line("learning rate", *curves.points("learning_rate"))], _ACROSS, from_zero=True)


def _speed(curves: Curves, unit: str) -> Html:
    lines = [Line("speed", *curves.points("characters_per_second"), "green")]
    return chart(f"Speed ({unit}s per second)", lines, _ACROSS, from_zero=True)


def _gradients(curves: Curves, reports: Sequence[dict[str, Any]]) -> Html:
    norms = [
        Line("mean", *curves.points("gradient_norm")),
        Line("largest", *curves.points("largest_gradient_norm"), "red", "thin"),
    ]
    if curves.threshold:
        norms.append(level("clipped above", curves.threshold))
    charts = []
    if any(line.values for line in norms):
        charts.append(chart("Gradient norm before clipping", norms, _ACROSS, logarithmic=True))
    shares = [100 * float(row["clipped"]) for row in reports]
    if any(shares):
        lines = [Line("clipped", [float(row[_OVER]) for row in reports], shares)]
        charts.append(chart("Updates that were clipped (%)", lines, _ACROSS, from_zero=True))
    return element("div", *charts, class_="charts")


def _clipping(run: Run, reports: Sequence[dict[str, Any]]) -> Html:
    """What was done to large gradients, and to how many."""
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
    """What happened to the training, where anything did."""
    items = [element("li", f"After step {event.step:,}: {event.message or event.kind}") for event in curves.events]
    return [element("ul", *items)] if items else []

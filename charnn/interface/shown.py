"""What a notebook shows of a run and of a score: pages of their own, so that no style leaks into the notebook."""

from __future__ import annotations

from collections.abc import Sequence

from charnn.analysis.pages import line_chart
from charnn.analysis.pages.html import Html, element, facts, section
from charnn.analysis.pages.page import page
from charnn.analysis.report.curves import curves_section
from charnn.analysis.report.samples import after_steps
from charnn.analysis.units import colours
from charnn.evaluation.measures import bits
from charnn.runs.layout import SAMPLES
from charnn.runs.overview import overview
from charnn.runs.run import Run

_SURPRISE = 8.0
"""A loss of so many nats has the strongest colour."""


def run_as_html(run: Run) -> str:
    """The state of a run, its curves and its last sample."""
    known = overview(run)
    rows = [("model", known.model), ("data", known.text), ("state", f"{known.state}, {known.step:,} steps")]
    if known.best is not None:
        rows.append((known.measure.replace("_", " "), f"{known.best:.4f}"))
    parts = [facts(rows), curves_section(run, run.baseline())]
    if samples := run.rows(SAMPLES):
        last = samples[-1]
        parts.append(
            section(after_steps(int(last["step"])), element("pre", str(last["text"]), class_="text", dir="auto"))
        )
    return _framed(page(run.path.resolve().name, *parts, style=line_chart.STYLE), 520)


def score_as_html(per_character: Sequence[tuple[str, float]]) -> str:
    """A text whose characters are the redder, the less they were expected."""
    spans = [
        element(
            "span", text, class_=colours.class_of(colours.level_of(min(nats / _SURPRISE, 1))), title=f"{nats:.2f} nats"
        )
        for text, nats in per_character
    ]
    mean = sum(nats for _, nats in per_character) / len(per_character)
    title = f"{mean:.4f} nats, {bits(mean):.4f} bpc"
    return _framed(page(title, element("pre", *spans, class_="text", dir="auto"), style=colours.style()), 240)


def _framed(document: str, height: int) -> Html:
    return element("iframe", srcdoc=document, width="100%", height=str(height), style="border: 0")

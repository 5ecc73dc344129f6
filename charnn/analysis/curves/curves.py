"""The curves of runs: loss, gradient norm before clipping, learning rate and speed, out of `metrics.jsonl`.

`collect` reads the numbers of one or several runs, `draw` lays them over each other in one picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charnn.analysis.curves.differences import differences, labels
from charnn.errors import RunError
from charnn.runs.run import Run
from charnn.storage.pictures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = ("step", "epoch", "characters", "seconds")
QUANTITIES = {
    "loss": "loss",
    "validation_loss": "validation",
    "gradient_norm": "gradient norm",
    "largest_gradient_norm": "largest norm",
    "learning_rate": "learning rate",
    "characters_per_second": "characters/s",
}
LOGARITHMIC = {"gradient_norm", "largest_gradient_norm"}
# Beyond this share of the highest to the median loss a linear axis would show nothing but the highest.
_EXPLODED = 20.0
# A logarithmic axis from 1 to this or more has enough numbers at the powers of ten.
_WIDE = 1000.0
# How many characters a line of the legend holds.
_LEGEND_WIDTH = 120


@dataclass(frozen=True)
class Event:
    """Something that happened to a training: it `diverged`, or was `rewound`.

    Attributes:
        step: where its curves go on or end.
        place: the same on the axis that the curves lie over.
    """

    kind: str
    step: int
    place: float
    message: str


@dataclass(frozen=True)
class Curves:
    """The numbers of one run.

    Attributes:
        label: what tells it apart from the others.
        differs: the keys in which their configurations differ, with its values.
        over: the axis that the curves lie over, one of `AXES`.
        rows: the reports, each with the axes and those quantities that it holds.
        threshold: the norm above which gradients are clipped; None where they are not clipped by norm.
        baseline: the best n-gram model's `model`, `order`, `nats` and more, where it is known.
    """

    run: Run
    label: str
    differs: dict[str, Any]
    over: str
    rows: list[dict[str, float]]
    events: list[Event]
    threshold: float | None
    baseline: dict[str, Any] | None

    def points(self, quantity: str) -> tuple[list[float], list[float]]:
        """The places on the axis and the values of a quantity, where there are any."""
        found = [(row[self.over], row[quantity]) for row in self.rows if quantity in row]
        if quantity in LOGARITHMIC:
            found = [(place, value) for place, value in found if value > 0]
        return [place for place, _ in found], [value for _, value in found]


def collect(runs: Sequence[Run], over: str = "step") -> list[Curves]:
    """The curves of runs, labelled by what differs in their configurations.

    Raises:
        RunError: a run is damaged, or has no reports yet.
    """
    configs = [run.config() for run in runs]
    names = [run.path.name for run in runs]
    if len({run.path for run in runs}) > len(set(names)):
        names = [str(run.path) for run in runs]
    found = []
    for run, config, label, differs in zip(runs, configs, labels(names, configs), differences(configs), strict=True):
        log = run.rows("metrics.jsonl")
        threshold = config.clip.threshold if config.clip.by == "norm" else None
        try:
            rows = [_numbers(row) for row in log if "loss" in row]
            events = [_event(row, rows, over) for row in log if "event" in row]
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{run.path / 'metrics.jsonl'} is damaged: {error!r} in a row of it") from None
        found.append(Curves(run, label, differs, over, rows, events, threshold, run.baseline()))
    silent = [str(curves.run.path) for curves in found if not curves.rows]
    if silent:
        raise RunError(f"there is nothing to plot of {', '.join(silent)}: no report in its metrics.jsonl yet")
    return found


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    """The axes and the quantities of a report; a quantity that is no finite number is left out."""
    axes = {axis: float(row[axis]) for axis in AXES}
    if not all(map(math.isfinite, axes.values())):
        raise ValueError("not finite")
    values = {key: float(row[key]) for key in QUANTITIES if row.get(key) is not None}
    return axes | {key: value for key, value in values.items() if math.isfinite(value)}


def _event(row: dict[str, Any], rows: Sequence[dict[str, float]], over: str) -> Event:
    """An event, whose place between two reports is that of its step."""
    step = int(row["step"])
    place = np.interp(step, [row["step"] for row in rows], [row[over] for row in rows]) if rows else 0.0
    message = f"rewound from step {row['from']}" if "from" in row else str(row.get("message", ""))
    return Event(str(row["event"]), step, float(place), message)


@dataclass(frozen=True)
class Look:
    """The colours of a picture.

    Attributes:
        paper: what it is drawn on; None lets the page shine through.
        ink: text, axes and what belongs to no run.
        runs: one colour a run, all of them legible on light and dark paper.
    """

    paper: str | None = "white"
    ink: str = "black"
    runs: tuple[str, ...] = ("#2a7fc9", "#d9682b", "#1f9d77", "#c0509f", "#8a7a1d", "#7766d6", "#d13d4a", "#5f8f3a")


LIGHT = Look()
DARK = Look(paper="#181818", ink="#e6e6e6")
EITHER = Look(paper=None, ink="#808080")
"""For a page that is light or dark as its reader likes."""


def draw(found: Sequence[Curves], look: Look = LIGHT) -> Figure:
    """A picture of four panels: loss, gradient norm, learning rate and speed over the axis of the curves."""
    figure = new_figure(9, 6.5)
    figure.set_facecolor(look.paper or "none")
    panels: tuple[Callable[..., None], ...] = (_draw_loss, _draw_gradient, _draw_rate, _draw_speed)
    for place, panel in enumerate(panels, start=1):
        axes = figure.add_subplot(2, 2, place, xlabel=_axis(found[0].over), axisbelow=True)
        _dress(axes, look)
        panel(axes, found, look)
        for number, curves in enumerate(found):
            for event in curves.events:
                linestyle = ":" if event.kind == "rewound" else "-"
                axes.axvline(event.place, color=_colour(look, number), alpha=0.7, linestyle=linestyle, linewidth=1)
    _add_legend(figure, found, look)
    return figure


def _axis(over: str) -> str:
    return "seconds of updates" if over == "seconds" else over


def _colour(look: Look, number: int) -> str:
    return look.runs[number % len(look.runs)]


def _dress(axes: Axes, look: Look) -> None:
    axes.set_facecolor("none")
    axes.grid(color=look.ink, alpha=0.15)
    axes.tick_params(which="both", colors=look.ink)
    axes.xaxis.label.set_color(look.ink)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter("{x:,.10g}")
    for spine in axes.spines.values():
        spine.set_color(look.ink)


def _draw_loss(axes: Axes, found: Sequence[Curves], look: Look) -> None:
    """The training loss thin, the validation loss with marks, n-gram models as horizontal lines."""
    axes.set_title("loss (nats per character)", color=look.ink)
    values: list[float] = []
    for number, curves in enumerate(found):
        colour = _colour(look, number)
        values += _line(axes, curves, "loss", color=colour, linewidth=1, alpha=0.6)
        values += _line(axes, curves, "validation_loss", color=colour, marker="o", markersize=4)
    for nats in {curves.baseline["nats"] for curves in found if curves.baseline}:
        axes.axhline(nats, color=look.ink, linestyle="-.", linewidth=1)
    if values and max(values) > _EXPLODED * float(np.median(values)) and min(values) > 0:
        _make_logarithmic(axes)


def _make_logarithmic(axes: Axes) -> None:
    """A logarithmic axis whose numbers are written out; between powers of ten, where those are few, at 2 and 5."""

    def between(value: float, _: object) -> str:
        low, high = axes.get_ylim()
        return f"{value:g}" if high < _WIDE * low and f"{value:e}"[0] in "25" else ""

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(between)


def _draw_gradient(axes: Axes, found: Sequence[Curves], look: Look) -> None:
    """The mean and the largest norm of a gradient before clipping, and the thresholds."""
    axes.set_title("gradient norm before clipping", color=look.ink)
    _make_logarithmic(axes)
    for number, curves in enumerate(found):
        colour = _colour(look, number)
        _line(axes, curves, "gradient_norm", color=colour)
        _line(axes, curves, "largest_gradient_norm", color=colour, linewidth=0.7, alpha=0.5)
    thresholds = {curves.threshold: _colour(look, number) for number, curves in enumerate(found) if curves.threshold}
    for threshold, colour in thresholds.items():
        axes.axhline(threshold, color=look.ink if len(thresholds) == 1 else colour, linestyle="--", linewidth=1)


def _draw_rate(axes: Axes, found: Sequence[Curves], look: Look) -> None:
    axes.set_title("learning rate", color=look.ink)
    for number, curves in enumerate(found):
        _line(axes, curves, "learning_rate", color=_colour(look, number))


def _draw_speed(axes: Axes, found: Sequence[Curves], look: Look) -> None:
    axes.set_title("speed (characters/s)", color=look.ink)
    for number, curves in enumerate(found):
        _line(axes, curves, "characters_per_second", color=_colour(look, number))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")


def _line(axes: Axes, curves: Curves, quantity: str, **style: Any) -> list[float]:
    """Draw a quantity of a run, and return its values; a single point is a dot."""
    places, values = curves.points(quantity)
    if len(values) == 1:
        style.setdefault("marker", ".")
    axes.plot(places, values, **style)
    return values


def _add_legend(figure: Figure, found: Sequence[Curves], look: Look) -> None:
    """Below all panels: the runs, and what each kind of line is that there is."""
    from matplotlib.lines import Line2D

    entries: list[tuple[str, dict[str, Any]]]
    entries = [(curves.label, {"color": _colour(look, number)}) for number, curves in enumerate(found)]
    kinds = {event.kind for curves in found for event in curves.events}
    meanings: list[tuple[str, bool, dict[str, Any]]] = [
        ("validation", any(curves.points("validation_loss")[1] for curves in found), {"marker": "o", "markersize": 4}),
        ("the best n-gram model", any(curves.baseline for curves in found), {"linestyle": "-.", "linewidth": 1}),
        ("clipped above", any(curves.threshold for curves in found), {"linestyle": "--", "linewidth": 1}),
        ("largest norm", True, {"linewidth": 0.7, "alpha": 0.5}),
        ("rewound", "rewound" in kinds, {"linestyle": ":", "linewidth": 1}),
        ("diverged", "diverged" in kinds, {"linewidth": 1, "marker": "|", "markersize": 9}),
    ]
    entries += [(name, {"color": look.ink, **style}) for name, there, style in meanings if there]
    lines = [Line2D([], [], label=name, **style) for name, style in entries]
    columns = min(max(_LEGEND_WIDTH // (max(len(name) for name, _ in entries) + 8), 1), 4)
    legend = figure.legend(handles=lines, loc="outside lower center", ncols=columns, frameon=False)
    for text in legend.get_texts():
        text.set_color(look.ink)
        text.set_parse_math(False)

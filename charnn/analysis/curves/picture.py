"""The curves of runs as a picture by matplotlib: each run a colour, its quantities in panels.

A report draws the curves of one run once more, as SVG (`charnn.analysis.pages.line_chart`): it must do without
matplotlib, follows the colours of its page, and says in words what it shows. There a colour is a quantity and here a
run, so that the two share what they show and not how they draw it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from charnn.analysis.curves.reading import BASELINE_LABEL, MEASURES, THRESHOLD_LABEL, Curves
from charnn.analysis.curves.scale import is_exploded
from charnn.storage.pictures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RUN_COLOURS = ("#2a7fc9", "#d9682b", "#1f9d77", "#c0509f", "#8a7a1d", "#7766d6", "#d13d4a", "#5f8f3a")
_INK = "black"
_MEASURE_STYLES = ("-", "--", "-", ":")
# A logarithmic axis from 1 to this or more has enough numbers at the powers of ten.
_WIDE = 1000.0
# How many characters fit into a line of the legend.
_LEGEND_WIDTH = 120


def plot_curves(runs: Sequence[Curves]) -> Figure:
    """Loss, gradient norm, learning rate and speed over the axis of the curves; and measures of answers, if any."""
    panels: list[Callable[..., None]] = [_plot_loss, _plot_gradient, _plot_rate, _plot_speed]
    if any(curves.points(measure)[1] for curves in runs for measure in MEASURES):
        panels.insert(1, _plot_measures)
    rows = -(-len(panels) // 2)
    figure = new_figure(9, 0.5 + 3 * rows)
    for number, plot_panel in enumerate(panels, start=1):
        axes = figure.add_subplot(rows, 2, number, xlabel=_axis_label(runs[0].over), axisbelow=True)
        _style(axes)
        plot_panel(axes, runs)
        _plot_events(axes, runs)
    _add_legend(figure, runs)
    return figure


def _axis_label(over: str) -> str:
    return "seconds of updates" if over == "seconds" else over


def colour_of(number: int) -> str:
    """The colour of a run, or of a row of runs."""
    return RUN_COLOURS[number % len(RUN_COLOURS)]


def _style(axes: Axes) -> None:
    axes.set_facecolor("none")
    axes.grid(color=_INK, alpha=0.15)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter("{x:,.10g}")


def _plot_loss(axes: Axes, runs: Sequence[Curves]) -> None:
    """The training loss thin, the validation loss with marks, n-gram models as horizontal lines."""
    unit = _unit(runs)
    axes.set_title(f"loss (nats per {unit})" if unit else "loss (nats)")
    values: list[float] = []
    for number, curves in enumerate(runs):
        colour = colour_of(number)
        values += _plot_line(axes, curves, "loss", color=colour, linewidth=1, alpha=0.6)
        values += _plot_line(axes, curves, "validation_loss", color=colour, marker="o", markersize=4)
    for nats in {curves.baseline["nats"] for curves in runs if curves.baseline}:
        axes.axhline(nats, color=_INK, linestyle="-.", linewidth=1)
    if is_exploded(values):
        _make_logarithmic(axes)


def _plot_measures(axes: Axes, runs: Sequence[Curves]) -> None:
    """What answers are measured by, each with its own kind of line, named where it ends."""
    axes.set_title("answers")
    for style, (measure, name) in zip(_MEASURE_STYLES, MEASURES.items(), strict=True):
        for number, curves in enumerate(runs):
            if _plot_line(axes, curves, measure, color=colour_of(number), linestyle=style, marker="o", markersize=3):
                axes.plot([], [], color=_INK, linestyle=style, label=name)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(handles.values(), handles.keys(), edgecolor="none")


def _unit(runs: Sequence[Curves]) -> str | None:
    """What there is one loss for each of; None where that is not the same in all runs."""
    units = {curves.unit for curves in runs}
    return units.pop() if len(units) == 1 else None


def _make_logarithmic(axes: Axes) -> None:
    """A logarithmic axis whose numbers are written out; between powers of ten, where those are few, at 2 and 5."""

    def between(value: float, _: object) -> str:
        low, high = axes.get_ylim()
        return f"{value:g}" if high < _WIDE * low and f"{value:e}"[0] in "25" else ""

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(between)


def _plot_gradient(axes: Axes, runs: Sequence[Curves]) -> None:
    """The mean and the largest norm of a gradient before clipping, and the thresholds."""
    axes.set_title("gradient norm before clipping")
    _make_logarithmic(axes)
    for number, curves in enumerate(runs):
        colour = colour_of(number)
        _plot_line(axes, curves, "gradient_norm", color=colour)
        _plot_line(axes, curves, "largest_gradient_norm", color=colour, linewidth=0.7, alpha=0.5)
    thresholds = {curves.threshold: colour_of(number) for number, curves in enumerate(runs) if curves.threshold}
    for threshold, colour in thresholds.items():
        axes.axhline(threshold, color=_INK if len(thresholds) == 1 else colour, linestyle="--", linewidth=1)


def _plot_rate(axes: Axes, runs: Sequence[Curves]) -> None:
    axes.set_title("learning rate")
    for number, curves in enumerate(runs):
        _plot_line(axes, curves, "learning_rate", color=colour_of(number))


def _plot_speed(axes: Axes, runs: Sequence[Curves]) -> None:
    unit = _unit(runs)
    axes.set_title(f"speed ({unit}s/s)" if unit else "speed")
    for number, curves in enumerate(runs):
        _plot_line(axes, curves, "characters_per_second", color=colour_of(number))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")


def _plot_line(axes: Axes, curves: Curves, quantity: str, **style: Any) -> list[float]:
    """Plot a quantity of a run, and return its values; a single point is a dot."""
    xs, ys = curves.points(quantity)
    if len(ys) == 1:
        style.setdefault("marker", ".")
    axes.plot(xs, ys, **style)
    return ys


def _plot_events(axes: Axes, runs: Sequence[Curves]) -> None:
    """A vertical line for each event: dotted where a training was rewound, solid where it diverged."""
    for number, curves in enumerate(runs):
        for event in curves.events:
            linestyle = ":" if event.kind == "rewound" else "-"
            axes.axvline(event.place, color=colour_of(number), alpha=0.7, linestyle=linestyle, linewidth=1)


def _add_legend(figure: Figure, runs: Sequence[Curves]) -> None:
    """Below all panels: the runs, and the meaning of each kind of line that occurs."""
    from matplotlib.lines import Line2D

    entries: list[tuple[str, dict[str, Any]]]
    entries = [(curves.label, {"color": colour_of(number)}) for number, curves in enumerate(runs)]
    kinds = {event.kind for curves in runs for event in curves.events}
    meanings: list[tuple[str, bool, dict[str, Any]]] = [
        ("validation", any(curves.points("validation_loss")[1] for curves in runs), {"marker": "o", "markersize": 4}),
        (BASELINE_LABEL, any(curves.baseline for curves in runs), {"linestyle": "-.", "linewidth": 1}),
        (THRESHOLD_LABEL, any(curves.threshold for curves in runs), {"linestyle": "--", "linewidth": 1}),
        ("largest norm", True, {"linewidth": 0.7, "alpha": 0.5}),
        ("rewound", "rewound" in kinds, {"linestyle": ":", "linewidth": 1}),
        ("diverged", "diverged" in kinds, {"linewidth": 1, "marker": "|", "markersize": 9}),
    ]
    entries += [(name, {"color": _INK, **style}) for name, occurs, style in meanings if occurs]
    lines = [Line2D([], [], label=name, **style) for name, style in entries]
    columns = min(max(_LEGEND_WIDTH // (max(len(name) for name, _ in entries) + 8), 1), 4)
    legend = figure.legend(handles=lines, loc="outside lower center", ncols=columns, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)

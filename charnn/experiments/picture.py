"""An experiment as a picture: means over seeds with bands of their standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from charnn.analysis.comparison.differences import in_words
from charnn.analysis.curves.picture import colour_of
from charnn.errors import UsageError, one_of
from charnn.experiments.judgement import mean_of, standard_error
from charnn.experiments.table import Row, Table
from charnn.runs.layout import METRICS
from charnn.runs.run import Run
from charnn.storage.pictures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEP = "step"


def plot_table(table: Table, over: str) -> Figure:
    """The measure over steps, a line with a band for each row; or over the values of one key, the others as lines.

    Raises:
        UsageError: there is no such key, its values are not numbers, or nothing was validated.
    """
    figure = new_figure(7.5, 5)
    axes = figure.add_subplot(1, 1, 1, ylabel=f"validation {table.scored.measure.replace('_', ' ')}", axisbelow=True)
    axes.grid(color="black", alpha=0.15)
    drawn = _plot_curves(axes, table) if over == STEP else _plot_values(axes, table.rows, over)
    if not drawn:
        raise UsageError("there is nothing to draw: nothing was validated yet")
    axes.legend(frameon=False)
    return figure


def _plot_curves(axes: Axes, table: Table) -> int:
    """Curves over steps, at the steps where every seed was validated; how many there are."""
    axes.set_xlabel(STEP)
    drawn, key = 0, f"validation_{table.scored.measure}"
    for number, row in enumerate(table.rows):
        curves = [curve for result in row.results if (curve := _curve(result.run, key))]
        steps = sorted(set.intersection(*map(set, curves))) if curves else []
        if steps:
            _plot_line(axes, steps, [[curve[step] for curve in curves] for step in steps], number, _label(row.values))
            drawn += 1
    return drawn


def _curve(run: Run, key: str) -> dict[int, float]:
    """The validations of a run by their steps."""
    return {row["step"]: row[key] for row in run.rows(METRICS) if row.get(key) is not None}


def _plot_values(axes: Axes, rows: Sequence[Row], key: str) -> int:
    """Means over the values of a key; how many lines there are."""
    known = list(dict.fromkeys(key for row in rows for key in row.values))
    if key not in known:
        raise UsageError(f"no row has a key `{key}`{one_of(key, [STEP, *known])}")
    if not all(isinstance(row.values[key], int | float) for row in rows):
        raise UsageError(f"the values of `{key}` are not numbers: draw over {STEP}, or over another key")
    axes.set_xlabel(key)
    lines: dict[str, list[Row]] = {}
    for row in rows:
        if row.scores:
            lines.setdefault(_label({name: row.values[name] for name in row.values if name != key}), []).append(row)
    for number, (label, members) in enumerate(lines.items()):
        members.sort(key=lambda row: row.values[key])
        scores = [[*row.scores.values()] for row in members]
        _plot_line(axes, [row.values[key] for row in members], scores, number, label, marker="o")
    return len(lines)


def _plot_line(
    axes: Axes, places: Sequence[float], values: Sequence[Sequence[float]], number: int, label: str, **style: Any
) -> None:
    """Means with a band of one standard error on either side; one place alone is a dot."""
    colour, means = colour_of(number), [mean_of(one) for one in values]
    errors = [standard_error(one) or 0.0 for one in values]
    if len(places) == 1:
        style = {"marker": "o"}
    axes.plot(places, means, color=colour, label=label, **style)
    low = [mean - error for mean, error in zip(means, errors, strict=True)]
    high = [mean + error for mean, error in zip(means, errors, strict=True)]
    axes.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)


def _label(values: dict[str, Any]) -> str:
    return str(values["run"]) if [*values] == ["run"] else in_words(values) or "mean"

"""The share of right answers over the distance as a picture: a panel for each variant, a colour for each cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from charnn.analysis.agreement.answers import Answers
from charnn.analysis.agreement.shares import mean_and_spread
from charnn.analysis.comparison.repetitions import Repetitions
from charnn.storage.pictures import new_figure, write_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3


def plot_shares(path: Path, groups: Sequence[Repetitions], answers: Sequence[Answers], what: str) -> None:
    """Plot the mean of each group of runs over the distance, and thinly its runs; for a single run, its interval.

    Args:
        path: the file.
        groups: which runs repeat one another.
        answers: of each run.
        what: what the questions are about: verbs or commas.
    """
    variants = list(dict.fromkeys(group.variant for group in groups))
    cells = list(dict.fromkeys(group.cell for group in groups))
    columns = min(len(variants), _COLUMNS)
    rows = -(-len(variants) // columns)
    figure = new_figure(2 + 3.6 * columns, 1 + 2.8 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for panel, variant in zip(panels, variants, strict=False):
        panel.set(title=variant, axisbelow=True)
        panel.grid(axis="y", color="0.9")
        panel.axhline(0.5, color="0.5", linewidth=1)
        panel.tick_params(axis="x", rotation=60)
        for group in groups:
            if group.variant == variant:
                _plot_group(panel, [answers[run] for run in group.positions], f"C{cells.index(group.cell) % 10}")
    for panel in panels[len(variants) :]:
        panel.set_axis_off()
    figure.supxlabel("characters from subject to verb")
    figure.supylabel(f"share of right {what}")
    for number, cell in enumerate(cells):
        panels[0].plot([], [], color=f"C{number % 10}", label=cell)
    figure.legend(loc="outside right upper")
    write_picture(path, figure)


def _plot_group(panel: Axes, runs: Sequence[Answers], colour: str) -> None:
    by_distance = zip(*(answers.by_distance() for answers in runs), strict=True)
    shares = [row for row in by_distance if row[0].sentences]
    kinds = [row[0].kind for row in shares]
    summaries = [summary for row in shares if (summary := mean_and_spread(row))]
    panel.plot(kinds, [mean for mean, _, _ in summaries], color=colour, linewidth=2)
    if len(runs) == 1:
        lows, highs = [low for _, low, _ in summaries], [high for _, _, high in summaries]
        panel.fill_between(kinds, lows, highs, color=colour, alpha=0.15, linewidth=0)
        return
    for number in range(len(runs)):
        panel.plot(kinds, [row[number].share or 0.0 for row in shares], color=colour, linewidth=0.7, alpha=0.7)

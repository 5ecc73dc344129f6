"""The share of right verbs over the distance, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from charnn.inspecting.agreement import Answers, mean_and_spread
from charnn.inspecting.repetitions import Repetitions
from charnn.picture import new_figure, write_picture

_STYLES = ("-", "--", ":", "-.")


def draw_shares(path: Path, groups: Sequence[Repetitions], answers: Sequence[Answers]) -> None:
    """Draw a line for each group of runs, with a band for its spread; a colour is a cell."""
    figure = new_figure(8, 4.5)
    axes = figure.add_subplot(xlabel="characters from subject to verb", ylabel="share of right verbs", axisbelow=True)
    axes.grid(color="0.9")
    axes.axhline(0.5, color="0.5", linewidth=1)
    cells = list(dict.fromkeys(group.cell for group in groups))
    seen: list[str] = []
    for group in groups:
        colour, style = f"C{cells.index(group.cell) % 10}", _STYLES[seen.count(group.cell) % len(_STYLES)]
        seen.append(group.cell)
        by_distance = zip(*(answers[place].by_distance() for place in group.places), strict=True)
        found = [(shares[0].kind, summary) for shares in by_distance if (summary := mean_and_spread(shares))]
        kinds, means = [kind for kind, _ in found], [mean for _, (mean, _, _) in found]
        axes.plot(kinds, means, color=colour, linestyle=style, marker="o", markersize=3, label=group.label)
        lows, highs = [low for _, (_, low, _) in found], [high for _, (_, _, high) in found]
        axes.fill_between(kinds, lows, highs, color=colour, alpha=0.15, linewidth=0)
    axes.set_ylim(min(0.45, axes.get_ylim()[0]), 1.01)
    figure.legend(loc="outside right upper")
    write_picture(path, figure)

"""Truncation as a picture: for each loss, which steps its gradient reaches, and how strongly they are weighted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charnn.analysis.truncation.window_plan import WindowPlan, kept
from charnn.storage.pictures import new_figure, write_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LABELLED = 70


def plot_windows(path: Path, symbols: Sequence[str], plans: Sequence[WindowPlan]) -> None:
    """Plot P_{s,t} for each strategy: a row for each loss l_t, a column for each step s; lines are window borders.

    Args:
        path: the file.
        symbols: what is read at each step, as shown.
        plans: the windows of each strategy.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import FormatStrFormatter, LogLocator

    steps = len(symbols)
    inches = min(9.0, max(3.2, 0.13 * steps))
    figure = new_figure(inches * len(plans) + 1.2, inches + 0.9)
    weights = [kept(plan.windows, steps) for plan in plans]
    largest = max(2.0, *(float(weight.max()) for weight in weights))
    panels = figure.subplots(1, len(plans), squeeze=False)[0]
    for axes, plan, weight in zip(panels, plans, weights, strict=True):
        image = axes.imshow(
            np.ma.masked_equal(weight.T, 0),
            norm=LogNorm(1, largest),
            cmap="viridis_r",
            interpolation="nearest",
        )
        _plot_borders(axes, plan)
        axes.set_title(f"{plan.name}\n{plan.label}", fontsize="small", parse_math=False)
        axes.set_xlabel("reaches step s")
        axes.set_ylabel("loss at step t")
        if steps <= _MOST_LABELLED:
            for set_ticks in (axes.set_xticks, axes.set_yticks):
                set_ticks(range(steps), symbols, fontsize="x-small", parse_math=False)
            axes.tick_params(length=0)
    figure.colorbar(
        image,
        ax=list(panels),
        shrink=0.8,
        label="weight of the step: product of the gates ξ",
        ticks=LogLocator(2),
        format=FormatStrFormatter("%.4g"),
    ).minorticks_off()
    write_picture(path, figure)


def _plot_borders(axes: Axes, plan: WindowPlan) -> None:
    for window in plan.windows:
        edge = window.start - 0.5
        axes.plot([edge, edge], [edge + window.count_from, window.stop - 0.5], color="0.4", linewidth=0.8)
        axes.plot([edge, window.stop - 0.5], [window.stop - 0.5] * 2, color="0.4", linewidth=0.8)

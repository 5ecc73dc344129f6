"""A picture of the rank–frequency curves of a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from charnn.ngrams.counting.statistics import Statistics
from charnn.ngrams.counting.zipf import fit_curve
from charnn.storage.pictures import new_figure, write_picture


def plot_curves(path: Path, title: str, orders: Sequence[Statistics]) -> None:
    """Plot the count against the rank for each order, on logarithmic axes, with the fitted line and its slope."""
    import matplotlib

    figure = new_figure()
    axes = figure.add_subplot(xlabel="rank", ylabel="count", xscale="log", yscale="log", axisbelow=True)
    axes.set_title(title, parse_math=False)
    axes.grid(color="0.9")
    colours = matplotlib.colormaps["viridis"].resampled(len(orders) + 1)
    for number, statistics in enumerate(orders):
        curve = fit_curve(statistics.counts_of_counts)
        first = np.concatenate([[1], curve.ranks[:-1] + 1])
        ranks = np.column_stack([first, curve.ranks]).ravel()
        label = f"{statistics.name}, slope {curve.slope:.2f}".replace(" -", " −")
        axes.plot(ranks, np.repeat(curve.counts, 2), color=colours(number), label=label)
        ends = curve.ranks[[0, -1]]
        line = np.exp(curve.intercept + curve.slope * np.log(ends))
        axes.plot(ends, line, color=colours(number), linestyle="--", linewidth=1)
    axes.set_ylim(0.8, 1.3 * max(max(statistics.counts_of_counts) for statistics in orders))
    figure.legend(loc="outside right upper")
    write_picture(path, figure)

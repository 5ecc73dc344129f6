"""The confusion of labels as a picture: the share of each label's rows that were answered with another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charnn.analysis.answers.page import NO_ANSWER
from charnn.evaluation.examples import Confusion
from charnn.storage.pictures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# With more labels numbers no longer fit into their squares.
_MOST_NUMBERS = 12


def plot_confusion(confusion: Confusion) -> Figure:
    """The right label by row, the answer by column, each row divided by its sum."""
    labels, counts = confusion.labels, confusion.shown
    columns = [*labels, NO_ANSWER][: counts.shape[1]]
    shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
    side = 2.5 + 0.35 * len(labels)
    figure = new_figure(side + 1, side)
    axes = figure.add_subplot(xlabel="said", ylabel="right")
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for ticks, names in ((axes.set_xticks, columns), (axes.set_yticks, labels)):
        ticks(range(len(names)), [name.replace("$", r"\$") for name in names])
    axes.tick_params(axis="x", rotation=90)
    if len(labels) <= _MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=7, color=colour)
    figure.colorbar(image, label="share of the row", shrink=0.8)
    return figure

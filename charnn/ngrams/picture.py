"""The rank–frequency curves of a text as a picture; matplotlib is the extra `plot`."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from charnn.atomic import write_atomically
from charnn.errors import UsageError
from charnn.ngrams.statistics import Statistics
from charnn.ngrams.zipf import fit

_FORMATS = (".png", ".svg")


def check_picture(path: Path) -> None:
    """Refuse at once what `draw_curves` could not write.

    Raises:
        UsageError: the name ends in another format, its folder is missing, or matplotlib is.
    """
    if path.suffix.lower() not in _FORMATS:
        raise UsageError(f"a picture ends in {' or '.join(_FORMATS)}, and `{path}` does not")
    if not path.parent.is_dir() or path.is_dir():
        raise UsageError(f"cannot write {path}: {'it is a folder' if path.is_dir() else 'its folder is missing'}")
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("pictures need matplotlib: pip install 'charnn[plot]'")


def draw_curves(path: Path, title: str, orders: Sequence[Statistics]) -> None:
    """Draw the count over the rank for each order, on logarithmic axes, with the fitted line and its slope."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot(xlabel="rank", ylabel="count", xscale="log", yscale="log", axisbelow=True)
    axes.set_title(title, parse_math=False)
    axes.grid(color="0.9")
    colours = matplotlib.colormaps["viridis"].resampled(len(orders) + 1)
    for number, statistics in enumerate(orders):
        curve = fit(statistics.counts_of_counts)
        first = np.concatenate([[1], curve.ranks[:-1] + 1])
        ranks = np.column_stack([first, curve.ranks]).ravel()
        label = f"{statistics.name}, slope {curve.slope:.2f}".replace(" -", " −")
        axes.plot(ranks, np.repeat(curve.counts, 2), color=colours(number), label=label)
        ends = curve.ranks[[0, -1]]
        line = np.exp(curve.intercept + curve.slope * np.log(ends))
        axes.plot(ends, line, color=colours(number), linestyle="--", linewidth=1)
    axes.set_ylim(0.8, 1.3 * max(max(statistics.counts_of_counts) for statistics in orders))
    figure.legend(loc="outside right upper")
    picture = io.BytesIO()
    # The same curves give the same bytes: no date, no random names.
    with matplotlib.rc_context({"svg.hashsalt": "charnn"}):
        vector = path.suffix.lower() == ".svg"
        figure.savefig(picture, format=path.suffix[1:].lower(), dpi=150, metadata={"Date": None} if vector else None)
    write_atomically(path, picture.getvalue())

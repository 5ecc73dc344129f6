"""Gradient flow as a picture: norms over the lag, and the eigenvalues of each network with the unit circle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charnn.analysis.gradients.flow import Flow
from charnn.analysis.gradients.spectrum import Matrix
from charnn.storage.pictures import new_figure, write_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 4
_PANEL_INCHES, _LEGEND_INCHES = 2.6, 0.9
_DISTINCT = 10
_LINES = {"h": "-", "c": "--"}
_MARKERS = "xv^"


def plot_flows(path: Path, flows: Sequence[Flow], *, log_lag: bool = False) -> None:
    """Plot the gradient flow of several networks, a colour each.

    Args:
        path: the file.
        flows: what was measured.
        log_lag: whether the axis of the lag is logarithmic too, so that a power law is a straight line; where it is
            not, a geometric sequence is one.
    """
    import matplotlib

    columns = min(len(flows), _COLUMNS)
    rows = -(-len(flows) // columns)
    figure = new_figure(max(7.5, columns * _PANEL_INCHES), 4 + rows * (_PANEL_INCHES + _LEGEND_INCHES))
    upper, lower = figure.subfigures(
        2, 1, height_ratios=[4, rows * (_PANEL_INCHES + _LEGEND_INCHES)], squeeze=False
    ).ravel()
    few = len(flows) <= _DISTINCT
    colour_map = matplotlib.colormaps["tab10" if few else "viridis"]
    colours = [colour_map(number if few else number / len(flows)) for number in range(len(flows))]
    _plot_norms(upper.add_subplot(), flows, colours, log_lag)
    upper.legend(loc="outside right upper", fontsize="small")
    panels = lower.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(flows) :]:
        panel.set_axis_off()
    for panel, flow, colour in zip(panels, flows, colours, strict=False):
        _plot_eigenvalues(panel, flow, colour)
    write_picture(path, figure)


def _plot_norms(axes: Axes, flows: Sequence[Flow], colours: Sequence[Any], log_lag: bool) -> None:
    axes.set(xlabel="lag k", ylabel="‖∂l$_t$/∂h$_{t−k}$‖: median and quartiles over t", yscale="log", axisbelow=True)
    if log_lag:
        axes.set_xscale("log")
    axes.grid(color="0.9")
    for flow, colour in zip(flows, colours, strict=True):
        for decay in flow.decays:
            # Zeros and infinities cannot be shown on a logarithmic axis.
            low, middle, high = np.where((decay.quartiles > 0) & np.isfinite(decay.quartiles), decay.quartiles, np.nan)
            lags = np.arange(len(middle))
            label = flow.specimen.name + (f", {decay.part}" if len(flow.decays) > 1 else "")
            axes.plot(lags, middle, _LINES.get(decay.part, ":"), color=colour, label=_plain(label))
            axes.fill_between(lags, low, high, color=colour, alpha=0.15, linewidth=0)


def _plot_eigenvalues(axes: Axes, flow: Flow, colour: Any) -> None:
    """The candidate's eigenvalues in the network's colour, those of the gates in grey, below them the radii."""
    axes.set_aspect("equal")
    axes.set_axisbelow(True)
    axes.grid(color="0.93")
    circle = np.exp(1j * np.linspace(0, 2 * np.pi, 361))
    axes.plot(circle.real, circle.imag, color="0.3", linewidth=1)
    reach = 1.1 * max([1.0, *(matrix.radius for matrix in flow.matrices)])
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.tick_params(labelsize="small")
    axes.set_title(_plain(flow.specimen.name), fontsize="small", wrap=True)
    if flow.matrices:
        _plot_matrices(axes, flow, colour)
    else:
        axes.text(0, 0, "no recurrent matrix", fontsize="x-small", ha="center", va="center")


def _plot_matrices(axes: Axes, flow: Flow, colour: Any) -> None:
    gates = [matrix for matrix in flow.matrices if matrix is not flow.candidate]
    for number, matrix in enumerate(reversed(gates)):
        marker = _MARKERS[number % len(_MARKERS)]
        shade = str(0.75 - 0.15 * (number % 3))
        _plot_matrix(axes, matrix, s=9, c=shade, marker=marker, linewidths=0.7)
    if flow.candidate is not None:
        _plot_matrix(axes, flow.candidate, s=11, color=colour, marker="o", linewidths=0)
    # Below the panel, where no eigenvalue lies.
    axes.legend(
        fontsize="x-small",
        loc="upper center",
        bbox_to_anchor=(0.5, -0.1),
        ncols=2,
        frameon=False,
        title="spectral radius",
        title_fontsize="x-small",
    )


def _plot_matrix(axes: Axes, matrix: Matrix, **style: Any) -> None:
    values = matrix.eigenvalues
    axes.scatter(values.real, values.imag, label=f"{matrix.name}  {matrix.radius:.2f}", **style)


def _plain(text: str) -> str:
    """A name in which a dollar sign does not begin an equation."""
    return text.replace("$", r"\$")

"""Bias and spread of gradients as a table, and in words what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import write

if TYPE_CHECKING:
    from charnn.analysis.truncation.estimate import Estimate

_WIDTH = 80


def write_estimates(measured: Sequence[Estimate], name: str) -> None:
    """Write the estimates of all strategies, at the weights of the network of that name."""
    columns = ["gradient", "over", "bias", "cosine", "spread", "one: cos", "one: err"]
    write(b"\n")
    write_table(columns, [_cells_of(estimate) for estimate in measured], numbers=5)
    notes = [
        f"At the weights of {name}, g the full gradient and m the mean of a strategy's. Bias: ‖m − g‖/‖g‖. Cosine: "
        "between m and g. Spread: the standard deviation around m, over ‖g‖. One: the medians of one draw's cosine "
        "with g, and of its ‖draw − g‖/‖g‖.",
        *(doubt for estimate in measured for doubt in _doubts(estimate)),
    ]
    for note in notes:
        write(f"{fill(note, _WIDTH, break_long_words=False)}\n")


def _cells_of(estimate: Estimate) -> list[str]:
    over = {"exact": "", "enumerated": f"{estimate.count:,} patterns", "drawn": f"{estimate.count:,} draws"}
    return [
        estimate.strategy,
        over[estimate.how],
        "?" if estimate.bias is None else _small(estimate.bias),
        "?" if estimate.cosine is None else f"{estimate.cosine:.4f}",
        _small(estimate.spread),
        *(f"{values[1]:.3f}" if values else "" for values in (estimate.draw_cosines, estimate.draw_errors)),
    ]


def _doubts(estimate: Estimate) -> list[str]:
    """What to know about means over draws."""
    doubts = []
    if estimate.how == "drawn":
        doubts.append(_standard_error(estimate))
    if estimate.growth is not None:
        doubts.append(_growth(estimate))
    return doubts


def _standard_error(estimate: Estimate) -> str:
    by_chance = (
        f"{estimate.strategy}: the mean of {estimate.count:,} draws is off by {_small(estimate.standard_error)} by "
        "chance alone (spread/√draws)"
    )
    if estimate.trusted:
        return f"{by_chance}."
    count = estimate.draws_needed
    needed = "More draws than can be made" if count is None else f"About {float(f'{count:.2g}'):,.0f} draws"
    return (
        f"{by_chance}: it tells nothing, and is left out. {needed} would be needed; the farthest of these has "
        f"{estimate.largest_share:.0%} of all their squared errors."
    )


def _growth(estimate: Estimate) -> str:
    rates = f"{estimate.strategy}: contributions change by ρ = {estimate.decay:.3f} a step, and ρ²/π = "
    assert estimate.growth is not None
    if estimate.growth < 1:
        after = "is below 1: the spread stays bounded however long the text is."
    else:
        until = "without bound" if estimate.max_window is None else f"up to {estimate.max_window} steps"
        after = f"is not below 1: the variance grows with its powers, {until}, as the text becomes longer."
    return f"{rates}{estimate.growth:.4g} {after}"


def _small(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:.3g}" if 1e-3 <= value < 1e4 else f"{value:.1e}"

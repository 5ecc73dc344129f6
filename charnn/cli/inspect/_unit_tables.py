"""Units that follow properties, and the likeliest next characters, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from charnn.cli._shared.legible import shortened
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import write

if TYPE_CHECKING:
    from charnn.analysis.units.following import Follower
    from charnn.analysis.units.properties import Property
    from charnn.analysis.units.view import View

_SYMBOL = 12
"""The columns that a symbol takes at most; a letter may have a heap of marks."""


def write_followers(followers: Mapping[str, Sequence[Follower]], properties: Mapping[str, Property]) -> None:
    """Write the units that follow each property."""
    columns = ["property", "layer", "part", "unit", "correlation", "on the other half", "AUC there"]
    rows = []
    for key, units in followers.items():
        name = f"{key}: {properties[key].words}"
        for unit in units:
            numbers = [f"{unit.correlation:.3f}", _number(unit.held_out), _number(unit.auc)]
            rows.append([name, str(unit.layer), unit.part, str(unit.unit), *numbers])
        if not units:
            rows.append([name, "", "", "", "never changes", "", ""])
    write_table(columns, rows, numbers=4, names=[0])


def write_likeliest(view: View) -> None:
    """Write each character of a text with its value and the likeliest next characters."""
    from charnn.analysis.units.symbols import shown_alone

    ranks = [f"{rank}." for rank in range(1, len(view.readings[0].likeliest) + 1)]
    rows = [
        [str(position), shown_alone(reading.symbol), f"{reading.value:.3f}", *map(_likely, reading.likeliest)]
        for position, reading in enumerate(view.readings)
    ]
    write(f"{view.signal.words}, and the likeliest next characters:\n".encode())
    write_table(["position", "character", "value", *ranks], rows, numbers=1 + len(ranks), names=[1])


def _likely(next_one: tuple[str, float]) -> str:
    from charnn.analysis.units.symbols import shown_alone

    symbol, probability = next_one
    return f"{shortened(shown_alone(symbol), _SYMBOL)} {probability:.1%}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"

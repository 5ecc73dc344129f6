"""Results as tables for people: plain rows, numbers whole, names as short as there is room."""

from __future__ import annotations

from collections.abc import Sequence

from charnn.cli._shared.legible import shortened, width_of
from charnn.cli._shared.terminal import terminal_width, write

_GAP, _NARROW_GAP = 3, 2
_LONGEST = 60
"""The columns that a name takes at most, where there is room for more too."""
_SHORTEST = 8
"""What is left of a name where there is no room at all."""

Rows = Sequence[Sequence[str]]


def write_table(
    columns: Sequence[str], rows: Rows, numbers: int, *, names: Sequence[int] = (), bar: int | None = None
) -> None:
    """Write a table as a result.

    Where a terminal is too narrow, the bars are left out first, then names are shortened in their middle, and then the
    numbers that are left follow below, as a second table. Nothing else is ever cut.

    Args:
        columns: their titles.
        rows: the cells, as text of one line.
        numbers: how many columns, the last ones, hold numbers; they are aligned to the right.
        names: the columns that hold names, which may be of any length.
        bar: the column that holds bars.
    """
    cells = [_short(row, dict.fromkeys(names, _LONGEST)) for row in (columns, *rows)]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    kept, gap, room = list(range(len(columns))), _GAP, terminal_width()

    def taken(places: Sequence[int]) -> int:
        return sum(widths[place] for place in places) + gap * len(places)

    if room is not None and bar is not None and taken(kept) > room:
        kept.remove(bar)
    texts, figures = kept[: len(kept) - numbers], kept[len(kept) - numbers :]
    groups = [figures]
    if room is not None and taken(kept) > room:
        gap = _NARROW_GAP
        most = _fitting_widths({place: widths[place] for place in names}, room - taken(kept))
        cells = [_short(row, most) for row in cells]
        for place, width in most.items():
            widths[place] = width
        groups = _groups(figures, widths, gap, room - taken(texts))
    for group in groups:
        _write(cells, [*texts, *group], widths, gap, len(group))


def _short(row: Sequence[str], most: dict[int, int]) -> list[str]:
    return [shortened(cell, most[place]) if place in most else cell for place, cell in enumerate(row)]


def _fitting_widths(widths: dict[int, int], left: int) -> dict[int, int]:
    """The widths of names, the widest made smaller until nothing is lacking any more, or all are as small as can be.

    Args:
        widths: of the columns of names.
        left: the room that is left in the terminal; below 0 it is what is lacking.
    """
    widths = dict(widths)
    while left < 0 and widths:
        widest = max(widths, key=lambda place: widths[place])
        if widths[widest] <= _SHORTEST:
            break
        widths[widest] -= 1
        left += 1
    return widths


def _groups(places: Sequence[int], widths: Sequence[int], gap: int, room: int) -> list[list[int]]:
    """The columns in groups; only a group of one column may be wider than the room."""
    groups: list[list[int]] = [[]]
    for place in places:
        if groups[-1] and sum(widths[other] + gap for other in [*groups[-1], place]) > room:
            groups.append([])
        groups[-1].append(place)
    return groups


def _write(cells: Rows, places: Sequence[int], widths: Sequence[int], gap: int, numbers: int) -> None:
    """Write the columns of some places, the last ones aligned to the right; the first row is the heading."""
    first_number = len(places) - numbers
    between = " " * gap
    lines = []
    for row in cells:
        padded = []
        for number, place in enumerate(places):
            blanks = " " * (widths[place] - width_of(row[place]))
            padded.append(row[place] + blanks if number < first_number else blanks + row[place])
        lines.append(f" {between.join(padded)}".rstrip())
    rule = " " + "─" * (sum(widths[place] for place in places) + gap * (len(places) - 1))
    write("\n".join(["", lines[0], rule, *lines[1:], "", ""]))

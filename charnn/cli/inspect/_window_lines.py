"""Windows over a text, drawn with characters."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from charnn.analysis.truncation.window_plan import WindowPlan
    from charnn.bptt.plan import Window

LEGEND = """\
windows     ├──┤ a window: it starts from the state that is carried in;
            [──┤ from the zero state; ┄ is reread, its losses count elsewhere
ξ           the gate on what flows back from this step into the one before:
            0 nothing, 1 all of it, a letter the number that is named
looks back  through how many steps the gradient of this step's loss flows back;
            numbers of several digits are read downwards
"""
_LABEL = 12
_PIPED = 80
_MOST_LINES = 8
_PICTURED = {"\n": "↵", "\r\n": "↵", "\r": "←", "\t": "⇥", "\u200c": "◌", "\u200d": "◌"}
_JOINERS = "\u200c\u200d"
_FORCE_LEFT_TO_RIGHT, _END_OF_FORCE = "\u202d", "\u202c"


def shown_symbols(symbols: Sequence[bytes]) -> list[str]:
    """Each unit as it is shown in one column: itself, or a picture of what cannot be seen."""
    return [_shown(symbol.decode(errors="replace")) for symbol in symbols]


def _shown(text: str) -> str:
    if text in _PICTURED:
        return _PICTURED[text]
    if not all(c.isprintable() or c in _JOINERS for c in text):
        return "\ufffd"
    return text if cell_len(text) else f"◌{text}"


def window_lines(plan: WindowPlan, symbols: Sequence[str]) -> list[str]:
    """One strategy over a text: a block of lines for each stretch of it that fits into the terminal's width.

    Args:
        plan: the windows.
        symbols: every unit of the text as shown; the last one is only predicted.
    """
    width = max(cell_len(symbol) for symbol in symbols)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPED
    room = max(1, (columns - _LABEL) // width)
    names = _xi_names(plan)
    windows = f"{len(plan.windows)} window{'s' * (len(plan.windows) > 1)}"
    values = [f"ξ {name} = {value:.4g}" for value, name in names.items() if value not in (0.0, 1.0)]
    lines = [" · ".join([plan.name, *([plan.label] if plan.label else []), windows, *values])]
    xi = ["" if value is None else names[value] for value in plan.xi]
    rows = [("windows" if number == 0 else "", row) for number, row in enumerate(_window_rows(plan))]
    if len(rows) > _MOST_LINES:
        rows = [*rows[: _MOST_LINES - 1], ("", ["⋮"] * plan.length)]
    rows = [*rows, ("ξ", xi), *(("looks back" if n == 0 else "", row) for n, row in enumerate(_digits(plan.reach)))]
    for begin in range(0, len(symbols), room):
        text = "".join(_padded(symbol, width) for symbol in symbols[begin : begin + room])
        lines.append(_labelled("text", _left_to_right(text)))
        for label, row in rows:
            cells = "".join(_padded(cell, width) for cell in row[begin : begin + room])
            if cells.strip():
                lines.append(_labelled(label, cells))
    return lines


def _labelled(label: str, cells: str) -> str:
    return f"{label:<{_LABEL}}{cells}".rstrip()


def _padded(cell: str, width: int) -> str:
    # Lines go on through wide columns.
    filler = "─" if cell in ("├", "[", "─") else "┄" if cell == "┄" else " "
    return cell + filler * (width - cell_len(cell))


def _left_to_right(text: str) -> str:
    """The text in the order of its steps, also where a terminal writes scripts from right to left."""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        return f"{_FORCE_LEFT_TO_RIGHT}{text}{_END_OF_FORCE}"
    return text


def _xi_names(plan: WindowPlan) -> dict[float, str]:
    """0, 1, and letters for all other values (a + for each, where there are too many)."""
    values = sorted({value for value in plan.xi if value is not None} - {0.0, 1.0})
    letters = ascii_lowercase if len(values) <= len(ascii_lowercase) else "+" * len(values)
    return {0.0: "0", 1.0: "1", **dict(zip(values, letters, strict=False))}


def _window_rows(plan: WindowPlan) -> list[list[str]]:
    """Every window on the first line that has room for it."""
    rows: list[list[str]] = []
    ends: list[int] = []
    for window in plan.windows:
        free = next((number for number, end in enumerate(ends) if end <= window.start), None)
        if free is None:
            free = len(rows)
            rows.append([" "] * plan.length)
            ends.append(0)
        rows[free][window.start : window.stop] = _span(window)
        ends[free] = window.stop
    return rows


def _span(window: Window) -> list[str]:
    begin = "[" if window.resets else "├"
    if window.length == 1:
        return [begin if window.resets else "│"]
    inside = ["┄" if step < window.count_from else "─" for step in range(1, window.length - 1)]
    return [begin, *inside, "┤"]


def _digits(numbers: Sequence[int | None]) -> list[list[str]]:
    """Numbers that are read downwards, a digit a line."""
    height = max((len(str(number)) for number in numbers if number is not None), default=1)
    texts = ["" if number is None else str(number) for number in numbers]
    return [[text.rjust(height)[digit].strip() for text in texts] for digit in range(height)]

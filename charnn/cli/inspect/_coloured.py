"""A text in the colours of a signal, on a terminal; without colours, with marks below it."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from charnn.cli._shared.legible import visible
from charnn.cli._shared.terminal import has_colour, terminal_width, write, write_raw

if TYPE_CHECKING:
    from charnn.analysis.units.view import View

_MARKS = "▁▂▃▄▅▆▇█"
_WIDTH = 80
_RIGHT_TO_LEFT = "\u200f"

Cell = tuple[str, float]
"""A symbol as it is shown, and its value from −1 to 1."""


def write_coloured(view: View) -> None:
    """Write the text of a view as a result, below the scale of its colours or marks."""
    from charnn.analysis.units.symbols import shown_in_line
    from charnn.analysis.units.view import value_in_words

    lowest = 0.0 if view.signal.is_gate else -1.0
    lines: list[list[Cell]] = [[]]
    for reading in view.readings:
        shown, ends, _ = shown_in_line(reading.symbol).partition("\n")
        lines[-1].append((visible(shown), view.share(reading)))
        lines += [[]] if ends else []
    scale = f"{value_in_words(lowest * view.largest)} ", f" {value_in_words(view.largest)}"
    # Of 16 colours the terminal's theme decides the shades, and one could not be told from the next.
    if has_colour() and Console().color_system in ("256", "truecolor"):
        steps = [(" ", lowest + (1 - lowest) * step / 20) for step in range(21)]
        head = Text.assemble(f"{view.signal.words}: {scale[0]}", _painted(steps), scale[1])
        _print([head, *(_painted(line) for line in lines)])
    else:
        head_line = f"{view.signal.words}: {scale[0]}{_MARKS}{scale[1]}\n"
        rows = (row for line in lines for piece in _wrapped(line) for row in _marked(piece, lowest))
        write("".join([head_line, *(f"{row}\n" for row in rows)]).encode())


def _print(lines: Sequence[Text]) -> None:
    page = io.StringIO()
    screen = Console(file=page, force_terminal=True, markup=False, emoji=False, highlight=False)
    for line in lines:
        screen.print(line, soft_wrap=True)
    write_raw(page.getvalue().encode())


def _painted(line: Sequence[Cell]) -> Text:
    """Black on colours as they are on white paper, so that they look alike on light and dark terminals."""
    from charnn.analysis.units.colours import level_of, on_white

    text = Text()
    for level, cells in groupby(line, key=lambda cell: level_of(cell[1])):
        red, green, blue = on_white(level)
        text.append("".join(shown for shown, _ in cells), style=f"#000000 on #{red:02x}{green:02x}{blue:02x}")
    return text


def _wrapped(line: Sequence[Cell]) -> Iterator[list[Cell]]:
    """A line in pieces that fit into the terminal's width."""
    width = terminal_width() or _WIDTH
    piece: list[Cell] = []
    taken = 0
    for cell in line:
        taken += cell_len(cell[0])
        if taken > width:
            yield piece
            piece, taken = [], cell_len(cell[0])
        piece.append(cell)
    if piece:
        yield piece


def _marked(line: Sequence[Cell], lowest: float) -> Iterator[str]:
    """The line, and below it marks as high as the values; a symbol without a width (a vowel sign) has none."""
    text = "".join(shown for shown, _ in line)
    marks = (
        _MARKS[min(int((share - lowest) / (1 - lowest) * len(_MARKS)), len(_MARKS) - 1)] * cell_len(shown)
        for shown, share in line
    )
    yield text
    yield (_RIGHT_TO_LEFT if _reads_right_to_left(text) else "") + "".join(marks)


def _reads_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction goes from right to left, as terminals and editors decide it."""
    return next((kind != "L" for kind in map(unicodedata.bidirectional, text) if kind in ("L", "R", "AL")), False)

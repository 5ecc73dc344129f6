"""Tables as results: plain rows, in which a number is never cut."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from charnn.cli._shared.terminal import has_colour, terminal_width, write

_GAP = "   "
_LONGEST = 60
"""How many cells of the terminal a text may take: a longer one is not read, and pads every other row."""
_SHORTEST = 8
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: int, *, bar: int | None = None) -> None:
    """Write a table as a result.

    Long texts are shortened in their middle. Where a terminal is too narrow, the bars are left out first, texts are
    shortened more, and then the columns that are left follow below, as a second table. Numbers are never cut.

    Args:
        columns: their names.
        rows: the cells, as text.
        numbers: how many columns, the last ones, hold numbers; they are aligned to the right.
        bar: the column that holds bars.
    """
    count = len(columns) - numbers
    cells = [[*(shortened(text, _LONGEST) for text in row[:count]), *row[count:]] for row in [columns, *rows]]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    room = terminal_width()
    texts, figures = [*range(count)], [*range(count, len(columns))]
    if room is not None:
        if bar is not None and _total(widths) > room:
            texts.remove(bar)
        least = [min(widths[place], _SHORTEST) + len(_GAP) for place in texts]
        groups = _that_fit(figures, widths, room - sum(least))
    else:
        groups = [figures]
    for group in groups:
        shown = [*texts, *group]
        fitted = dict(zip(shown, (widths[place] for place in shown), strict=True))
        if room is not None:
            _narrow(fitted, texts, room)
        _write(cells, fitted, {*group})


def shortened(text: str, width: int) -> str:
    """A text of at most `width` cells of the terminal, with an ellipsis in its middle where something is left out."""
    if len(text) <= width and cell_len(text) <= width:
        return text
    begin, end = _beginning(text, width - width // 2 - 1), _beginning(text[::-1], width // 2)[::-1]
    # A mark without its letter would stand on the ellipsis.
    while end and not cell_len(end[0]):
        end = end[1:]
    return f"{begin}…{end}"


def _beginning(text: str, width: int) -> str:
    """As much of a text as fits into so many cells, and no more characters than a reader can use."""
    taken, size = 0, 0
    for character in text[: 4 * width]:
        size += cell_len(character)
        if size > width:
            break
        taken += 1
    return text[:taken]


def _that_fit(columns: Sequence[int], widths: Sequence[int], room: int) -> list[list[int]]:
    """The columns in groups; only a group of one column may be wider than the room."""
    groups: list[list[int]] = [[]]
    for place in columns:
        if groups[-1] and _total([widths[other] for other in [*groups[-1], place]]) > room:
            groups.append([])
        groups[-1].append(place)
    return groups


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _narrow(widths: dict[int, int], texts: Sequence[int], room: int) -> None:
    """Make the widest texts narrower until all fits, or none can be made narrower."""
    while texts and (excess := _total([*widths.values()]) - room) > 0:
        widest = max(texts, key=lambda place: widths[place])
        others = [widths[place] for place in texts if place != widest]
        least = max(_SHORTEST, *others) if others else _SHORTEST
        if widths[widest] <= _SHORTEST:
            return
        widths[widest] = max(widths[widest] - max(1, min(excess, widths[widest] - least)), _SHORTEST)


def _write(cells: Sequence[Sequence[str]], widths: dict[int, int], numbers: set[int]) -> None:
    """Write some columns, each in its width: the first row as their names, over a line."""
    title, *rows = (_GAP.join(_padded(row[place], width, place in numbers) for place, width in widths.items()).rstrip()
                    for row in cells)  # fmt: skip
    line = "─" * _total([*widths.values()])
    heading = f"{_BOLD}{title}{_PLAIN}" if has_colour() else title
    write("\n".join(["", heading, line, *rows, ""]).encode())


def _padded(text: str, width: int, is_number: bool) -> str:
    if not is_number:
        text = shortened(text, width)
    blank = " " * (width - cell_len(text))
    return blank + text if is_number else text + blank

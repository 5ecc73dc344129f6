"""Tables of examples: TSV, CSV or JSON Lines, of which some columns are read.

A column is named by the table's first row or, in JSON Lines, by the keys. Or it is a number, from 1 on: then the first
row is an example too. A table is read into memory whole.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from charnn.errors import InputError, one_of

Column = str | int
"""A column by its name, or by its number from 1 on."""

_Cells = Sequence[str]
_Rows = Iterator[tuple[int, _Cells]]
"""Rows with their numbers."""

_LONGEST_CELL = 1 << 30


class Example(NamedTuple):
    """One row of a table.

    Attributes:
        row: its number from 1 on, as a spreadsheet or, for TSV and JSON Lines, an editor shows it.
        input: the text that is read.
        target: what is asked for; None where there are only inputs.
        group: what it shares with rows that lie in the same part; None where there is no such column.
        part: the part that it is for; None where there is no such column.
    """

    row: int
    input: str
    target: str | None = None
    group: str | None = None
    part: str | None = None


def read_examples(
    name: str,
    text: str,
    input_column: Column,
    target_column: Column | None = None,
    group_column: Column | None = None,
    part_column: Column | None = None,
) -> list[Example]:
    """The examples of a table, in its order.

    Args:
        name: the table's file; its ending says how it is written: `.csv`, `.jsonl`, or else tab-separated.
        text: what is in it.
        input_column: the column of the inputs.
        target_column: the column of the targets; None where there is none.
        group_column: the column of the groups; None where there is none.
        part_column: the column of the parts; None where there is none.

    Raises:
        InputError: a column is missing, a row has too few or too many cells, a cell is empty, or there are no rows;
            the message names the row.
    """
    given = {"input": input_column, "target": target_column, "group": group_column, "part": part_column}
    fields = [field for field, column in given.items() if column is not None]
    columns = [column for column in given.values() if column is not None]
    kind = PurePath(name).suffix.lower()
    if kind == ".jsonl":
        picked = _from_objects(name, text, columns)
    else:
        picked = _from_cells(name, _comma_separated(name, text) if kind == ".csv" else _tab_separated(text), columns)
    if fields == ["input", "target"]:  # nearly always, and a table may have millions of rows
        examples = [Example(row, *cells) for row, cells in picked]
    else:
        examples = [Example(row, **dict(zip(fields, cells, strict=True))) for row, cells in picked]
    if not examples:
        raise InputError(f"{name} has no rows")
    return examples


def _from_cells(name: str, rows: _Rows, columns: Sequence[Column]) -> _Rows:
    """The cells of some columns, checked."""
    names = [column for column in columns if isinstance(column, str)]
    titles = next(rows, (0, ()))[1] if names else ()
    if names and not any(titles):
        raise InputError(f"{name} has no rows")
    places = [_place(name, column, titles) for column in columns]
    width = len(titles)
    for row, cells in rows:
        width = width or len(cells)
        if not any(cells):
            raise InputError(f"{name}, row {row} is empty")
        if len(cells) != width:
            raise InputError(f"{name}, row {row}: it has {_counted(cells)}, and the rows before have {width}")
        if max(places) >= width:
            raise InputError(f"{name}, row {row}: it has {_counted(cells)}, and no column {max(places) + 1}")
        yield row, _full(name, row, columns, [cells[place] for place in places])


def _from_objects(name: str, text: str, columns: Sequence[Column]) -> _Rows:
    """The values of some keys in lines of JSON, checked."""
    for column in columns:
        if not isinstance(column, str):
            raise InputError(f"{name}: JSON Lines have no column {column}: name a key")
    for row, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}, row {row}: it is not JSON: {error}") from None
        if not isinstance(found, dict):
            raise InputError(f"{name}, row {row}: it is not a JSON object, {{…}}")
        for column in columns:
            if column not in found:
                raise InputError(f"{name}, row {row} has no key `{column}`{one_of(str(column), [*map(str, found)])}")
        yield row, _full(name, row, columns, [_text(name, row, column, found[column]) for column in columns])


def _text(name: str, row: int, column: Column, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | bool):
        return json.dumps(value)
    raise InputError(f"{name}, row {row}: the value of {_shown(column)} is neither a text nor a whole number")


def _full(name: str, row: int, columns: Sequence[Column], cells: _Cells) -> _Cells:
    """The cells, none of which may be empty."""
    for column, cell in zip(columns, cells, strict=True):
        if not cell:
            raise InputError(f"{name}, row {row}: its {_shown(column)} is empty")
        if "\0" in cell:
            raise InputError(f"{name}, row {row}: its {_shown(column)} holds U+0000, which is not text")
    return cells


def _place(name: str, column: Column, titles: _Cells) -> int:
    """Where a column is, from 0 on."""
    if isinstance(column, int):
        return column - 1
    if titles.count(column) > 1:
        raise InputError(f"{name} has {titles.count(column)} columns `{column}`: give each a name of its own")
    if column not in titles:
        raise InputError(f"{name} has no column `{column}`{one_of(column, titles)}")
    return titles.index(column)


def _shown(column: Column) -> str:
    return f"column {column}" if isinstance(column, int) else f"`{column}`"


def _counted(cells: _Cells) -> str:
    return "1 cell" if len(cells) == 1 else f"{len(cells)} cells"


def _tab_separated(text: str) -> _Rows:
    """A row a line, its cells between tabs; there are no quotes."""
    for row, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        yield row, line.removesuffix("\r").split("\t")


def _comma_separated(name: str, text: str) -> _Rows:
    """CSV (RFC 4180): a cell in quotes may hold commas, line ends and doubled quotes."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 1
    while True:
        try:
            yield row, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why = "a quote is never closed" if "unexpected end" in str(error) else str(error)
            raise InputError(f"{name}, row {row}: {why}") from None
        row += 1

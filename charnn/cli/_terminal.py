"""What people see: messages on standard error, results on standard output."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

_PIPED_WIDTH = 200
_JOINERS = "\u200c\u200d"


class _Notes(Console):
    """Goes quiet where nobody listens any more: a closed pipe must not end a training."""

    def on_broken_pipe(self) -> None:
        """Write nothing more."""
        self.quiet = True


def is_first_process() -> bool:
    """Whether this is the one that speaks, of the processes that `torchrun` started."""
    return os.environ.get("RANK", "0") == "0"


def console(*, quiet: bool = False) -> Console:
    """Where progress and notes go: plain text where standard error is no terminal."""
    return _Notes(
        stderr=True, quiet=quiet or not is_first_process(), no_color=_plain(), highlight=False, soft_wrap=True
    )


def _plain() -> bool | None:
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb" or None


def complain(message: str) -> None:
    """Show an error: what, where and how to mend it."""
    text = _Notes(stderr=True, no_color=_plain(), highlight=False, soft_wrap=True)
    text.print("[bold red]error:[/] ", end="")
    text.print(message, markup=False)


def write(data: bytes) -> None:
    """Write a part of the result at once, as it is."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_json(document: Any) -> None:
    """Write the one JSON document of `--json`."""
    write(json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> None:
    """Write a table as a result; its last `numbers` columns are set to the right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place >= len(columns) - numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    # What stands in a cell may come out of any text: it is no markup.
    screen = Console(highlight=False, markup=False, emoji=False, no_color=_plain(), width=width)
    screen.print(table)


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as comma-separated values as a result, the names of the columns first."""
    document = io.StringIO()
    csv.writer(document, lineterminator="\n").writerows([columns, *rows])
    write(document.getvalue().encode())


def visible(text: str) -> str:
    """A text whose control characters are shown as escapes; what joins letters stays."""
    return "".join(c if c.isprintable() or c in _JOINERS else c.encode("unicode_escape").decode() for c in text)

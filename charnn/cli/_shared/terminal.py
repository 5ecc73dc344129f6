"""What people see: messages on standard error, results on standard output."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, TextIO, cast

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from charnn.cli._shared.legible import legible

_FORMULA = re.compile(r"[=+\-@\t\r\n]")
"""What a cell begins with that a spreadsheet takes for a formula."""


class _LastingStream:
    """Standard error, to which writing never fails: work outlives a pipe, a disk and a terminal that are gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, if there is still somewhere to write it to."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Send what was written, if there is still somewhere to send it to."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Notes(Console):
    """Standard error for people; shows no control characters."""

    def __init__(self, *, quiet: bool = False) -> None:
        stream = cast(IO[str], _LastingStream(sys.stderr))
        super().__init__(file=stream, quiet=quiet, no_color=_plain(), highlight=False, soft_wrap=True)

    def render_str(self, text: str, **options: Any) -> Text:
        """Every text passes here on its way to the terminal."""
        return super().render_str(legible(text), **options)


def is_first_process() -> bool:
    """Whether this is the first of the processes that `torchrun` started, which alone prints."""
    return os.environ.get("RANK", "0") == "0"


def console(*, quiet: bool = False) -> Console:
    """Where progress and notes go: plain text where standard error is not a terminal."""
    return _Notes(quiet=quiet or not is_first_process())


def _plain() -> bool | None:
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb" or None


def has_colour() -> bool:
    """Whether results may be coloured: standard output is a terminal, and plain text was not asked for."""
    return sys.stdout.isatty() and not _plain()


def complain(message: str) -> None:
    """Show an error: what is wrong, where, and how to mend it."""
    text = _Notes()
    text.print("[bold red]error:[/] ", end="")
    # Rich would turn a tab, in a file's name say, into blanks.
    text.print(message.replace("\t", "\\t"), markup=False)


def write(result: str | bytes) -> None:
    """Write a part of the result at once: as it is, but to a terminal without what would move its cursor."""
    if sys.stdout.isatty():
        result = legible(result if isinstance(result, str) else result.decode(errors="backslashreplace"))
    write_raw(result.encode(errors="surrogateescape") if isinstance(result, str) else result)


def write_raw(data: bytes) -> None:
    """Write a part of the result at once, exactly as it is, to a terminal too."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def text_writer() -> Callable[[bytes], None]:
    """What writes a text that comes in pieces as a result, each of them at once.

    To a terminal, a character that lies in several pieces is written with the last of them, and a carriage return is
    the end of a line: it would write the next line over this one.
    """
    if not sys.stdout.isatty():
        return write_raw
    decoder = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace")
    pieces = io.IncrementalNewlineDecoder(decoder, translate=True)
    return lambda piece: write(pieces.decode(piece))


def write_json(document: Any) -> None:
    """Write the one JSON document of `--json`."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    # JSON allows some control characters as they are, and no lone surrogates: Python's escapes are those of JSON.
    write(re.sub(r"[\x7f-\x9f\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, escape_formulas: bool = False) -> None:
    """Write rows as comma-separated values as a result, the names of the columns first.

    Args:
        columns: their names.
        rows: texts and numbers.
        escape_formulas: put an apostrophe before a text that a spreadsheet would take for a formula.
    """
    document = io.StringIO()
    if escape_formulas:
        rows = [[_as_text(value) for value in row] for row in rows]
    # Every text is quoted: a lone carriage return would be left without, and end a row.
    csv.writer(document, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows([columns, *rows])
    write(document.getvalue())


def _as_text(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def terminal_width() -> int | None:
    """How wide the terminal is that results go to; None where they go elsewhere."""
    return Console().width if sys.stdout.isatty() else None


@contextmanager
def stages(number: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal for work of several stages; what it gives is called when a stage begins."""
    terminal = console(quiet=quiet)
    with Progress(console=terminal, disable=not terminal.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=number + 1)
        yield lambda doing: bar.update(task, description=doing, advance=1)

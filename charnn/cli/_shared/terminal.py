"""What people see: messages on standard error, results on standard output."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, TextIO, cast

from rich.console import Console
from rich.progress import Progress

_JOINERS = "\u200c\u200d"


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


def _standard_error(*, quiet: bool = False) -> Console:
    stream = cast(IO[str], _LastingStream(sys.stderr))
    return Console(file=stream, quiet=quiet, no_color=_plain(), highlight=False, soft_wrap=True)


def is_first_process() -> bool:
    """Whether this is the first of the processes that `torchrun` started, which alone prints."""
    return os.environ.get("RANK", "0") == "0"


def console(*, quiet: bool = False) -> Console:
    """Where progress and notes go: plain text where standard error is not a terminal."""
    return _standard_error(quiet=quiet or not is_first_process())


def _plain() -> bool | None:
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb" or None


def has_colour() -> bool:
    """Whether results may be coloured: standard output is a terminal, and plain text was not asked for."""
    return sys.stdout.isatty() and not _plain()


def complain(message: str) -> None:
    """Show an error: what is wrong, where, and how to mend it."""
    text = _standard_error()
    text.print("[bold red]error:[/] ", end="")
    text.print(message, markup=False)


def write(data: bytes) -> None:
    """Write a part of the result at once, as it is."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_json(document: Any) -> None:
    """Write the one JSON document of `--json`."""
    write(json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def terminal_width() -> int | None:
    """How wide the terminal is that results go to; None where they go elsewhere."""
    return Console().width if sys.stdout.isatty() else None


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as comma-separated values as a result, the names of the columns first."""
    document = io.StringIO()
    # Every text is quoted: a lone carriage return would be left without, and end a row.
    csv.writer(document, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows([columns, *rows])
    write(document.getvalue().encode())


def shown_unit(text: str) -> str:
    """One unit of a text, shown so that blanks and lone joiners are seen."""
    return text.encode("unicode_escape").decode() if text in _JOINERS else visible(text).replace(" ", "␣")


@contextmanager
def stages(number: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal for work of several stages; what it gives is called when a stage begins."""
    terminal = console(quiet=quiet)
    with Progress(console=terminal, disable=not terminal.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=number + 1)
        yield lambda doing: bar.update(task, description=doing, advance=1)


def visible(text: str) -> str:
    """A text whose control characters are shown as escapes; joiners of letters stay."""
    return "".join(c if c.isprintable() or c in _JOINERS else c.encode("unicode_escape").decode() for c in text)

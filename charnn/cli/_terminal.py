"""What people see: messages on standard error, results on standard output."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console


def console(*, quiet: bool = False) -> Console:
    """Where progress and notes go: plain text where standard error is no terminal."""
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Console(stderr=True, quiet=quiet, no_color=plain or None, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """Show an error: what, where and how to mend it."""
    text = console()
    text.print("[bold red]error:[/] ", end="")
    text.print(message, markup=False)


def write(data: bytes) -> None:
    """Write a part of the result at once, as it is."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_json(document: Any) -> None:
    """Write the one JSON document of `--json`."""
    write(json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n")

"""Logs of rows: JSON Lines that are whole up to their last line end, however the process ends."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

from charnn.errors import RunError


def append_row(log: Path, row: dict[str, Any]) -> None:
    """Add a row to a log.

    Raises:
        OSError: it cannot be written; the log is as it was before.
    """
    line = json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    with log.open("ab", buffering=0) as file:
        size = file.tell()
        try:
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            file.truncate(size)
            raise


def read_rows(log: Path) -> list[dict[str, Any]]:
    """All rows of a log, which need not exist; a last one that was cut off in the middle does not count.

    Raises:
        RunError: the log is damaged.
    """
    rows = []
    try:
        lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
        for number, line in enumerate(lines, start=1):
            try:
                rows.append(json.loads(line))
            except ValueError:
                if number < len(lines):
                    raise
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{log} is damaged: {error}") from None
    if not all(isinstance(row, dict) for row in rows):
        raise RunError(f"{log} is damaged: a row of it is not a mapping")
    return rows


def size_of(log: Path) -> int:
    """The size of a log in bytes."""
    return log.stat().st_size if log.exists() else 0


def cut_log(log: Path, size: int) -> None:
    """Cut off what was written to a log after it had that size.

    Raises:
        RunError: it has lost rows since.
        OSError: it cannot be written.
    """
    found = size_of(log)
    if found < size:
        raise RunError(f"{log} is damaged: it has {found} bytes, and the checkpoint counts on {size}")
    if found > size:
        with log.open("r+b") as file:
            file.truncate(size)
            os.fsync(file.fileno())

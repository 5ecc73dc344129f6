"""Whose run a folder is: one training at a time writes it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from charnn.errors import RunError, UsageError
from charnn.runs.layout import LOCK

_PATIENCE, _PAUSE = 0.2, 0.01


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other training from a folder.

    Raises:
        UsageError: another training writes it, or has just replaced it.
        RunError: there is no such folder.
    """
    path = folder / LOCK
    try:
        file = path.open("a+b")
    except OSError as error:
        raise RunError(f"cannot lock {folder}: {error.strerror}") from None
    with file:
        try:
            _take(file)
            # Between the two lines above, another training may have put its own folder in this one's place.
            mine = os.path.samestat(os.fstat(file.fileno()), path.stat())
        except OSError:
            mine = False
        if not mine:
            raise UsageError(f"{folder} is being written by another training")
        yield


def _take(file: BinaryIO) -> None:
    """Lock a file.

    Raises:
        OSError: another training holds it, for longer than somebody does who asks whether one does.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE)
        else:
            return


def is_locked(folder: Path) -> bool:
    """Whether a training writes a folder now."""
    try:
        with (folder / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False

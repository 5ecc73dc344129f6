"""Files that a user or a manifest names."""

from __future__ import annotations

import os
from pathlib import Path

from charnn.errors import InputError


def read_file(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; False for a name that is too long for the system."""
    try:
        return path.exists()
    except OSError:
        return False


def shown_path(path: Path) -> str:
    """A path as messages and results show it: control characters and bytes that are not UTF-8 become escapes."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

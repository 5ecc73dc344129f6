"""Files that are written whole or not at all: a temporary file, flushed to the disk and then renamed."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from charnn.errors import UsageError

_SUFFIX = ".part"


def check_writable(path: Path) -> None:
    """Check, before any work begins, that there can be a file of this name.

    Raises:
        UsageError: it is a folder, or its own folder is missing.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: {'it is a folder' if path.is_dir() else 'its folder is missing'}")


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write `data`, in one piece or several, so that `path` holds all of it or stays as it was."""
    with new_file(path) as file:
        file.writelines([data] if isinstance(data, bytes) else data)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading and writing that gets its name when the block ends without an error.

    Until then it has a temporary name next to `path`, and is locked, so that `remove_abandoned` leaves it alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, file = _temporary_file(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of `new_file` whose processes were killed."""
    for temporary in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError), temporary.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary.unlink()


def _temporary_file(path: Path) -> tuple[Path, BinaryIO]:
    """A new, locked file next to `path`."""
    while True:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX)
        file = os.fdopen(descriptor, "w+b")
        with suppress(OSError):  # a file system may have no locks
            fcntl.flock(file, fcntl.LOCK_EX)
        # Before it was locked, it looked abandoned to whoever clears away.
        if os.fstat(descriptor).st_nlink:
            return Path(name), file
        file.close()


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files that they name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

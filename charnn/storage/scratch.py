"""Temporary files without a name: nothing is left of them, however the process ends."""

from __future__ import annotations

import tempfile
import weakref
from typing import BinaryIO, cast

from charnn.errors import CharnnError


class Scratch:
    """A file in the folder for temporary files (`TMPDIR`), deleted when it is closed or no longer used.

    Raises:
        CharnnError: the disk is full, or there is no such folder.
    """

    def __init__(self) -> None:
        try:
            # Unbuffered: a full disk is noticed when data is written, not when the file is closed.
            self.file = cast(BinaryIO, tempfile.TemporaryFile(buffering=0, prefix="charnn-"))  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from None
        self._closing = weakref.finalize(self, self.file.close)

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`.

        Raises:
            CharnnError: the disk is full, or fails.
        """
        rest = memoryview(data).cast("B")
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:
            raise _no_room(error) from None

    def read(self, offset: int, size: int) -> bytes:
        """The `size` bytes from `offset` on, or fewer where the file ends."""
        self.file.seek(offset)
        pieces = []
        while size and (piece := self.file.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Delete the file."""
        self._closing()

    def hand_over(self) -> BinaryIO:
        """The file itself; from now on the caller closes it."""
        self._closing.detach()
        return self.file


def _no_room(error: OSError) -> CharnnError:
    return CharnnError(
        f"cannot write temporary files to {tempfile.gettempdir()}: {error.strerror}; make room there, or set TMPDIR"
        " to a folder that has some"
    )

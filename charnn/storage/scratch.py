"""Files for a while: without a name, so that nothing is left of them however the process ends."""

from __future__ import annotations

import tempfile
import weakref
from typing import BinaryIO, cast

from charnn.errors import CharnnError


class Scratch:
    """A file in the folder for temporary files (`TMPDIR`); it is gone when it is closed or no longer used.

    Raises:
        CharnnError: there is no room for it, or no such folder.
    """

    def __init__(self) -> None:
        try:
            # Unbuffered: what cannot be written is known at once, and not when the file is closed.
            self.file = cast(BinaryIO, tempfile.TemporaryFile(buffering=0, prefix="charnn-"))  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from None
        self._closing = weakref.finalize(self, self.file.close)

    def write(self, data: bytes | memoryview) -> None:
        """Write all of `data` behind what was written before.

        Raises:
            CharnnError: the disk is full, or fails.
        """
        rest = memoryview(data).cast("B")
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:
            raise _no_room(error) from None

    def read(self, place: int, size: int) -> bytes:
        """The `size` bytes that were written from `place` on."""
        self.file.seek(place)
        pieces = []
        while size and (piece := self.file.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Give the room back."""
        self._closing()

    def handed_over(self) -> BinaryIO:
        """The file itself, for whoever closes it from now on."""
        self._closing.detach()
        return self.file


def _no_room(error: OSError) -> CharnnError:
    return CharnnError(
        f"cannot write temporary files to {tempfile.gettempdir()}: {error.strerror}; make room there, or set TMPDIR"
        " to a folder that has some"
    )

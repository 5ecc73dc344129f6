"""The bytes of a text, in memory or in an open file: read whole or in blocks, as often as needed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from charnn.data.text.decoding import decode_blocks
from charnn.errors import InputError
from charnn.storage.atomic import write_atomically

Progress = Callable[[float], None]
"""Called with the share of a text, from 0 to 1, that has been read."""

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Text:
    """The bytes of a text, and the name that messages use for it.

    A small text is in memory, a large one in an open file. The file is closed at the end of a `with` block, or when
    the text is no longer used.

    Attributes:
        name: what messages call it.
        file: its bytes: a file, open for reading, that can be sought.
        size: its length in bytes.
    """

    name: str
    file: BinaryIO
    size: int

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> Text:
        """A text in memory."""
        return cls(name, io.BytesIO(data), len(data))

    def __enter__(self) -> Text:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __del__(self) -> None:
        self.file.close()

    @property
    def data(self) -> bytes:
        """All bytes of the text.

        Raises:
            InputError: they cannot be read.
        """
        return b"".join(self.blocks(max(1, self.size)))

    def blocks(self, size: int, progress: Progress | None = None) -> Iterator[bytes]:
        """The bytes from the beginning in blocks of `size`, the last of which may be shorter.

        Raises:
            InputError: they cannot be read.
        """
        offset = 0
        try:
            while True:
                # The position is set before each block, because several loops may read the file at a time.
                self.file.seek(offset)
                block = self.file.read(size)
                if not block:
                    if offset < self.size:
                        raise InputError(f"{self.name} has shrunk from {self.size:,} to {offset:,} bytes meanwhile")
                    return
                offset += len(block)
                yield block
                if progress:
                    progress(min(1.0, offset / self.size))
        except OSError as error:
            raise InputError(f"cannot read {self.name}: {error.strerror}") from None

    def characters(self, size: int, encoding: str = "utf-8", progress: Progress | None = None) -> Iterator[str]:
        """The characters from the beginning, in pieces that are decoded from blocks of `size` bytes.

        Raises:
            InputError: the text is binary, is not in this encoding, or cannot be read.
        """
        return decode_blocks(self.blocks(size, progress), self.name, encoding)

    def first_beyond_ascii(self, size: int, encoding: str = "utf-8") -> str | None:
        """The first character that is not ASCII; None where all are. The text is read in blocks of `size` bytes.

        Raises:
            InputError: the text is binary, is not in this encoding, or cannot be read.
        """
        pieces = (piece for piece in self.characters(size, encoding) if not piece.isascii())
        return next((character for piece in pieces for character in piece if not character.isascii()), None)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        digest = hashlib.sha256()
        for block in self.blocks(_BLOCK):
            digest.update(block)
        return digest.hexdigest()

    def copy_to(self, path: Path) -> None:
        """Write the bytes to a file, whole or not at all."""
        write_atomically(path, self.blocks(_BLOCK))

    def into_memory(self) -> Text:
        """The same text in memory; the file is closed."""
        with self:
            return Text.from_bytes(self.name, self.data)

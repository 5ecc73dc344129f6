"""A text that need not fit into memory: read in blocks, from its beginning, as often as is wanted."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from charnn.data.sources.corpora import find_text, name_of, read_text
from charnn.data.text.decoding import decoded
from charnn.errors import InputError
from charnn.storage.atomic import write_atomically
from charnn.storage.scratch import Scratch

Progress = Callable[[float], None]
"""Is told which share of a text has been read."""

_COPIED = 1 << 20


@dataclass(frozen=True)
class Stream:
    """A text's bytes, in an open file that is read as often as is wanted and closed when it is no longer used.

    Attributes:
        name: what messages call it.
        size: in bytes.
    """

    name: str
    file: BinaryIO
    size: int

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __del__(self) -> None:
        self.file.close()

    def blocks(self, size: int, progress: Progress | None = None) -> Iterator[bytes]:
        """The text from its beginning in blocks of `size` bytes, the last of which may be shorter.

        Raises:
            InputError: it cannot be read.
        """
        place = 0
        try:
            while True:
                # The file is sought anew for each block, because several readings may go on at a time.
                self.file.seek(place)
                block = self.file.read(size)
                if not block:
                    return
                place += len(block)
                yield block
                if progress:
                    progress(min(1.0, place / self.size))
        except OSError as error:
            raise InputError(f"cannot read {self.name}: {error.strerror}") from None

    def text(self, size: int, encoding: str = "utf-8", progress: Progress | None = None) -> Iterator[str]:
        """The text's characters in blocks of about `size` bytes.

        Raises:
            InputError: it is binary, not in this encoding, or cannot be read.
        """
        return decoded(self.blocks(size, progress), self.name, encoding)

    def is_ascii(self, size: int, encoding: str = "utf-8") -> bool:
        """Whether every character of the text is ASCII.

        Raises:
            InputError: it is binary, not in this encoding, or cannot be read.
        """
        return all(text.isascii() for text in self.text(size, encoding))

    @cached_property
    def sha256(self) -> str:
        """The text's SHA-256 in hexadecimal."""
        digest = hashlib.sha256()
        for block in self.blocks(_COPIED):
            digest.update(block)
        return digest.hexdigest()

    def copy_to(self, path: Path) -> None:
        """Write the text to a file, whole or not at all."""
        write_atomically(path, self.blocks(_COPIED))


def open_stream(source: str) -> Stream:
    """Open the text that `source` names: a path, a corpus, or `-` for standard input.

    Raises:
        InputError: there is no such text, it cannot be read, or it is empty.
        CharnnError: it cannot be read twice, and there is no room for a copy.
    """
    if source == "-":
        return _not_empty(_copied("standard input", sys.stdin.buffer))
    path = find_text(source)
    if not isinstance(path, Path):
        text = read_text(source)
        return _not_empty(Stream(text.name, io.BytesIO(text.data), len(text.data)))
    try:
        file = path.open("rb")
        if not file.seekable():  # a named pipe, say
            with file:
                return _not_empty(_copied(name_of(path), file))
        return _not_empty(Stream(name_of(path), file, os.fstat(file.fileno()).st_size))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def _copied(name: str, file: BinaryIO) -> Stream:
    scratch = Scratch()
    size = 0
    while block := file.read(_COPIED):
        scratch.write(block)
        size += len(block)
    return Stream(name, scratch.hand_over(), size)


def _not_empty(stream: Stream) -> Stream:
    if not stream.size:
        stream.file.close()
        raise InputError(f"{stream.name} is empty")
    return stream

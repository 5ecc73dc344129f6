"""Large texts, encoded once: their ids in a file of the user's cache, mapped into memory and not read into it.

A file holds N ids in the smallest integer type that fits, then the symbols and their number as JSON, then the
length of that. Its name is made of everything that the ids depend on. It gets its name when it is whole: what is
half written has another, and is held by a lock as long as somebody writes it.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from charnn.data.sources.corpora import cache_folder
from charnn.data.sources.stream import Stream
from charnn.data.text.reader import Reader
from charnn.data.text.units import Units, renumbered, smallest_type
from charnn.errors import CharnnError
from charnn.storage.atomic import sync_folder

_FORMAT = 1
_BLOCK = 1 << 22
_TRAILER = 8


def encoded(stream: Stream, unit: str, encoding: str, normalize: str) -> Units:
    """The units of a text whose ids lie in the cache; they are put there where they are not yet.

    Raises:
        InputError: the text cannot be read or decoded.
        CharnnError: the cache cannot be written.
    """
    path = cache_folder() / "encoded" / f"{stream.sha256}-{unit}-{encoding}-{normalize}-{_FORMAT}.ids"
    found = _read(path)
    if found is None:
        try:
            _build(path, Reader(stream, unit, encoding=encoding, normalize=normalize, block=_BLOCK))
        except OSError as error:
            raise CharnnError(
                f"cannot write {path.parent}: {error.strerror}; make room there, or set XDG_CACHE_HOME to a folder"
                " that has some"
            ) from None
        found = _read(path)
    if found is None:
        raise CharnnError(f"{path} is damaged: remove it")
    return found


def _read(path: Path) -> Units | None:
    """What a file of the cache holds, if it is there and whole."""
    try:
        with path.open("rb") as file:
            size = file.seek(-_TRAILER, os.SEEK_END)
            length = int.from_bytes(file.read(_TRAILER), "little")
            file.seek(size - length)
            description = json.loads(file.read(length))
        symbols = tuple(bytes.fromhex(symbol) for symbol in description["symbols"])
        count, kind = int(description["count"]), np.dtype(smallest_type(len(symbols)))
        if count * kind.itemsize != size - length:
            return None
        return Units(np.memmap(path, kind, "r", shape=(count,)), symbols)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _build(path: Path, reader: Reader) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _new_file(path) as file:
        count = _write_numbers(file, reader)
        symbols = reader.numbering.symbols()
        ranking = sorted(range(len(symbols)), key=symbols.__getitem__)
        _renumber(file, count, ranking)
        description = {"count": count, "symbols": [symbols[number].hex() for number in ranking]}
        trailer = json.dumps(description).encode()
        file.seek(0, os.SEEK_END)
        file.write(trailer + len(trailer).to_bytes(_TRAILER, "little"))


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole, and is removed where it does not come to that."""
    for left in path.parent.glob(".*.building"):
        with left.open("rb") as file:
            if _lock(file):  # whoever wrote it is gone
                left.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".building")
    try:
        with os.fdopen(descriptor, "w+b") as file:
            _lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
            Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write_numbers(file: BinaryIO, reader: Reader) -> int:
    """Write the text's numbers, as the reader gives them, in the smallest type; returns how many there are."""
    kind: type[np.unsignedinteger] = np.uint8
    count = 0
    for numbers in reader.blocks():
        needed = smallest_type(len(reader.numbering))
        if np.dtype(needed).itemsize > np.dtype(kind).itemsize:
            _widen(file, count, kind, needed)
            kind = needed
        file.write(numbers.astype(kind).data)
        count += len(numbers)
    file.flush()
    return count


def _widen(file: BinaryIO, count: int, kind: type[np.unsignedinteger], wider: type[np.unsignedinteger]) -> None:
    """Write the numbers anew in a wider type, from the last to the first, so that none is lost."""
    file.flush()
    file.truncate(count * np.dtype(wider).itemsize)
    old, new = _mapped(file, kind, count), _mapped(file, wider, count)
    for end in range(count, 0, -_BLOCK):
        begin = max(0, end - _BLOCK)
        new[begin:end] = old[begin:end].astype(wider)
    new.flush()
    file.seek(0, os.SEEK_END)


def _renumber(file: BinaryIO, count: int, ranking: list[int]) -> None:
    """Turn numbers in the order of their occurrence into ids in the order of the symbols."""
    kind = smallest_type(len(ranking))
    ids = np.empty(len(ranking), dtype=kind)
    ids[ranking] = np.arange(len(ranking))
    numbers = _mapped(file, kind, count)
    for begin in range(0, count, _BLOCK):
        numbers[begin : begin + _BLOCK] = renumbered(numbers[begin : begin + _BLOCK], ids)
    numbers.flush()


def _mapped(
    file: BinaryIO, kind: type[np.unsignedinteger], count: int
) -> np.memmap[tuple[int], np.dtype[np.unsignedinteger]]:
    return np.memmap(file, kind, "r+", shape=(count,))

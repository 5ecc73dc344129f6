"""Large texts, encoded once: their ids are in a file of the user's cache, which is mapped into memory, not read.

A file holds N ids in the smallest integer type that fits, then a description as JSON (N and the symbols), then the
length of that description. Its name contains everything that the ids depend on.
"""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO
from unicodedata import unidata_version

import numpy as np

from charnn.configuration.units import NormalForm, Unit
from charnn.data.sources.corpora import cache_folder
from charnn.data.text.reader import Reader
from charnn.data.text.text import Text
from charnn.data.text.units import Units, renumbered, smallest_type
from charnn.errors import CharnnError
from charnn.storage.atomic import new_file, remove_abandoned

_FORMAT = 1
_BLOCK = 1 << 22
_LENGTH_BYTES = 8


def encoded(text: Text, unit: Unit, encoding: str, normalize: NormalForm) -> Units:
    """The units of a text; their ids are read from the cache, after they were written there if they were missing.

    Raises:
        InputError: the text cannot be read or decoded.
        CharnnError: the cache cannot be written.
    """
    name = [text.sha256, unit, encoding, normalize, *_versions(unit, normalize), str(_FORMAT)]
    path = cache_folder() / "encoded" / f"{'-'.join(name)}.ids"
    units = _read(path)
    if units is None:
        try:
            _write(path, Reader(text, unit, encoding=encoding, normalize=normalize, block=_BLOCK))
        except OSError as error:
            raise CharnnError(
                f"cannot write {path.parent}: {error.strerror}; make room there, or set XDG_CACHE_HOME to a folder"
                " that has some"
            ) from None
        units = _read(path)
    if units is None:
        raise CharnnError(f"{path} is damaged: remove it")
    return units


def _versions(unit: Unit, normalize: NormalForm) -> list[str]:
    """Of the tables of Unicode that clusters are cut by, and that normal forms are made by."""
    clusters = [version("regex")] if unit == "grapheme" else []
    return clusters + ([unidata_version] if normalize != "none" else [])


def _read(path: Path) -> Units | None:
    """The content of a file of the cache; None if there is no such file, or it is not whole."""
    try:
        with path.open("rb") as file:
            end = file.seek(-_LENGTH_BYTES, os.SEEK_END)
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            file.seek(end - length)
            description = json.loads(file.read(length))
        symbols = tuple(bytes.fromhex(symbol) for symbol in description["symbols"])
        count, dtype = int(description["count"]), np.dtype(smallest_type(len(symbols)))
        if count * dtype.itemsize != end - length:
            return None
        return Units(np.memmap(path, dtype, "r", shape=(count,)), symbols)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, reader: Reader) -> None:
    remove_abandoned(path.parent)
    with new_file(path) as file:
        count = _write_numbers(file, reader)
        symbols = reader.numbering.symbols()
        ranking = sorted(range(len(symbols)), key=symbols.__getitem__)
        _renumber(file, count, ranking)
        description = {"count": count, "symbols": [symbols[number].hex() for number in ranking]}
        data = json.dumps(description).encode()
        file.seek(0, os.SEEK_END)
        file.write(data + len(data).to_bytes(_LENGTH_BYTES, "little"))


def _write_numbers(file: BinaryIO, reader: Reader) -> int:
    """Write the reader's numbers, all in the smallest type that holds them; returns how many there are."""
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
    """Rewrite the numbers in a wider type, in place: from the last to the first, so that none is overwritten."""
    file.flush()
    file.truncate(count * np.dtype(wider).itemsize)
    old, new = _mapped(file, kind, count), _mapped(file, wider, count)
    for end in range(count, 0, -_BLOCK):
        begin = max(0, end - _BLOCK)
        new[begin:end] = old[begin:end].astype(wider)
    new.flush()
    file.seek(0, os.SEEK_END)


def _renumber(file: BinaryIO, count: int, ranking: list[int]) -> None:
    """Turn numbers in the order of first occurrence into ids in the order of the symbols, in place."""
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

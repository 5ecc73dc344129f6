"""A text as a sequence of units (characters, grapheme clusters or bytes), each with a number.

All functions work on whole arrays: they turn 100 MB into ids in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.units import NormalForm, SymbolUnit
from charnn.data.text.code_points import CODE_POINTS, Points, points_of, text_of
from charnn.data.text.decoding import decode
from charnn.data.text.graphemes import cluster_starts
from charnn.errors import InputError

Ids = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class Units:
    """A text of N units, the i-th of which is `symbols[codes[i]]`.

    Attributes:
        codes: (N,) the number of each unit.
        symbols: the distinct units in ascending order, each in UTF-8 (for the unit `byte`: one raw byte).
    """

    codes: Ids
    symbols: tuple[bytes, ...]


def units_of_source(
    data: bytes, name: str, unit: SymbolUnit, encoding: str = "utf-8", normalize: NormalForm = "none"
) -> Units:
    """Cut the bytes of a text into units.

    Args:
        name: what messages call the text.

    Raises:
        InputError: the text is empty, binary, or not in this encoding.
    """
    if unit != "byte":
        return units_of_text(decode(data, name, encoding, normalize), unit)
    if not data:
        raise InputError(f"{name} is empty")
    codes, present = _compressed(np.frombuffer(data, dtype=np.uint8), 256)
    return Units(codes, tuple(bytes([code]) for code in present))


def units_of_text(text: str, unit: SymbolUnit) -> Units:
    """Cut a text, which may be empty, into units."""
    if unit == "byte":
        return units_of_source(text.encode(), "the text", unit) if text else Units(np.zeros(0, np.uint8), ())
    if unit in ("token", "label"):
        return units_of_pieces(text.split() if unit == "token" else [text])
    if unit == "character" and text.isascii():
        codes, present = _compressed(np.frombuffer(text.encode(), dtype=np.uint8), 128)
        return Units(codes, tuple(chr(code).encode() for code in present))
    points = points_of(text)
    if unit == "grapheme":
        return _clusters(points)
    codes, present = _compressed(points, CODE_POINTS)
    return Units(codes, tuple(chr(code).encode() for code in present))


def units_of_pieces(pieces: Sequence[str]) -> Units:
    """Number pieces of a text."""
    symbols = sorted({piece.encode() for piece in pieces})
    numbers = {symbol.decode(): number for number, symbol in enumerate(symbols)}
    codes = np.fromiter(map(numbers.__getitem__, pieces), smallest_type(len(symbols)), len(pieces))
    return Units(codes, tuple(symbols))


def smallest_type(count: int) -> type[np.unsignedinteger]:
    """The smallest unsigned integer type that holds the numbers below `count`."""
    return np.uint8 if count <= 1 << 8 else np.uint16 if count <= 1 << 16 else np.uint32


def renumbered(codes: NDArray[np.integer], numbers: Ids) -> Ids:
    """`numbers[codes]`; for bytes by `bytes.translate`, which is faster."""
    if codes.dtype == np.uint8 and numbers.dtype == np.uint8:
        table = numbers.tobytes().ljust(256, b"\0")
        return np.frombuffer(codes.tobytes().translate(table), dtype=np.uint8)
    taken: Ids = numbers[codes]
    return taken


def _compressed(values: NDArray[np.integer], size: int) -> tuple[Ids, NDArray[np.int64]]:
    """Number the distinct values, all below `size`, in ascending order; returns the numbers and the values."""
    distinct = np.flatnonzero(_present(values, size))
    numbers = np.zeros(size, dtype=smallest_type(len(distinct)))
    numbers[distinct] = np.arange(len(distinct))
    return renumbered(values, numbers), distinct


def _present(values: NDArray[np.integer], size: int) -> NDArray[np.bool_]:
    """Which of the values below `size` occur."""
    if size <= 256:
        return np.bincount(values, minlength=size) > 0
    present = np.zeros(size, dtype=bool)
    present[values] = True
    return present


def _clusters(points: Points) -> Units:
    """Number grapheme clusters: those of one code point by it, and longer ones among those of their own length."""
    if not len(points):
        return Units(np.zeros(0, np.uint8), ())
    starts = cluster_starts(points)
    lengths = np.diff(starts, append=len(points))
    codes = points[starts].astype(np.int64)
    names: list[str] = []
    for length in np.unique(lengths[lengths > 1]).tolist():
        own = np.flatnonzero(lengths == length)
        clusters = points[starts[own][:, None] + np.arange(length)]
        # As one value each, because rows of an array are sorted one column at a time.
        values = np.ascontiguousarray(clusters).view(np.dtype((np.void, clusters.itemsize * length))).ravel()
        _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
        # The numbers of clusters begin above all code points, so that the two never collide.
        codes[own] = CODE_POINTS + len(names) + inverse
        names += [text_of(clusters[place]) for place in first]
    compressed, distinct = _compressed(codes, CODE_POINTS + len(names))
    symbols = [(chr(code) if code < CODE_POINTS else names[code - CODE_POINTS]).encode() for code in distinct]
    order = sorted(range(len(symbols)), key=symbols.__getitem__)
    numbers = np.empty(len(symbols), dtype=smallest_type(len(symbols)))
    numbers[order] = np.arange(len(symbols))
    return Units(numbers[compressed], tuple(symbols[index] for index in order))

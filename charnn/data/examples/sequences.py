"""Texts of different length as ids, end to end in one array.

R texts · N symbols in all · T symbols in the longest of some
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.units import SymbolUnit
from charnn.data.text.units import Units, units_of_pieces, units_of_text
from charnn.data.text.vocabulary import Vocabulary

_BORDER = "\0"
"""Joins nothing, neither as a character nor in a grapheme cluster; no text holds it."""


@dataclass(frozen=True)
class Sequences:
    """R texts.

    Attributes:
        ids: (N,) the ids of all of them; a symbol that the vocabulary lacks is -1.
        starts: (R + 1,) where each begins, and where the last one ends.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> NDArray[np.int32]:
        return self.ids[self.starts[number] : self.starts[number + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(R,) how many symbols each has."""
        return np.diff(self.starts)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(R,) whether all symbols of each are in the vocabulary."""
        unknown = np.concatenate(([0], np.cumsum(self.ids < 0)))
        return np.equal(unknown[self.starts[1:]], unknown[self.starts[:-1]])

    def without_unknown(self) -> Sequences:
        """The same texts without the symbols that the vocabulary lacks."""
        kept = self.ids >= 0
        before = np.concatenate(([0], np.cumsum(kept)))
        return Sequences(self.ids[kept], before[self.starts])

    def padded(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """(T, B) the ids of some texts side by side, each with zeros after its end."""
        lengths = self.lengths[chosen]
        steps = np.arange(int(lengths.max(initial=0)))[:, None]
        inside = steps < lengths
        places = np.where(inside, self.starts[chosen] + steps, 0)
        return np.where(inside, self.ids[places] if len(self.ids) else 0, 0).astype(np.int64)


def in_batches(
    chosen: Sequence[int] | NDArray[np.int64], lengths: NDArray[np.int64], steps: int
) -> Iterator[NDArray[np.int64]]:
    """The numbers of rows in batches by length, for reading and not for learning.

    Args:
        chosen: the numbers of the rows.
        lengths: how long each row of the table is.
        steps: how many symbols a batch has at most, unless a single row has more.
    """
    order = np.asarray(chosen)[np.argsort(lengths[np.asarray(chosen)], kind="stable")]
    longest, begin = np.maximum(lengths[order], 1), 0
    while begin < len(order):
        counts = range(1, len(order) - begin + 1)
        count = max(1, bisect_right(counts, steps, key=lambda count: count * longest[begin + count - 1]))
        yield order[begin : begin + count]
        begin += count


@dataclass(frozen=True)
class CutTexts:
    """R texts cut into units.

    Attributes:
        units: all units, end to end.
        starts: (R + 1,) where each text begins, and where the last one ends.
    """

    units: Units
    starts: NDArray[np.int64]

    def __getitem__(self, number: int) -> list[bytes]:
        """The symbols of one text."""
        return [self.units.symbols[code] for code in self.units.codes[self.starts[number] : self.starts[number + 1]]]

    def vocabulary_of(self, chosen: NDArray[np.bool_]) -> tuple[bytes, ...]:
        """The symbols of some texts, in ascending order."""
        codes = self.units.codes[np.repeat(chosen, np.diff(self.starts))]
        present = np.bincount(codes, minlength=len(self.units.symbols)) > 0
        return tuple(sorted(symbol for symbol, used in zip(self.units.symbols, present, strict=True) if used))

    def encoded(self, vocabulary: Vocabulary) -> Sequences:
        """The texts in the ids of a vocabulary."""
        numbers = np.array([vocabulary.ids.get(symbol, -1) for symbol in self.units.symbols], dtype=np.int32)
        codes = self.units.codes
        return Sequences(numbers[codes] if len(codes) else np.zeros(0, np.int32), self.starts)


def cut(texts: Sequence[str], unit: SymbolUnit) -> CutTexts:
    """Cut texts, which may be empty, into units, all at once."""
    if unit in ("character", "byte"):
        joined = units_of_text("".join(texts), unit)
        sizes = [len(text) for text in texts] if unit == "character" else [len(text.encode()) for text in texts]
        return CutTexts(joined, _starts(sizes))
    if unit == "grapheme":
        return _without_borders(units_of_text(_BORDER.join([*texts, ""]), unit))
    pieces = [text.split() for text in texts] if unit == "token" else [[text] for text in texts]
    return CutTexts(units_of_pieces([piece for row in pieces for piece in row]), _starts([len(row) for row in pieces]))


def _starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(np.asarray(sizes, dtype=np.int64))))


def _without_borders(units: Units) -> CutTexts:
    """Take out the border that follows each text."""
    border = units.symbols.index(_BORDER.encode())
    borders = np.flatnonzero(units.codes == border)
    starts = np.concatenate(([0], borders + 1)) - np.arange(len(borders) + 1)
    return CutTexts(Units(np.delete(units.codes, borders), units.symbols), starts)

"""Counting the n-grams of a text, in bounded memory where that is asked for.

Every place of the text begins one n-gram of the highest order; those that reach beyond the end are filled up
with "after the end". All shorter n-grams are beginnings of these, so one sorted table holds every order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.data.sources.stream import Progress
from charnn.data.text.reader import Reader
from charnn.errors import CharnnError, InputError, UsageError
from charnn.ngrams.counting.packing import Packing, check_order
from charnn.ngrams.counting.spill import Spilled, merged_blocks
from charnn.ngrams.counting.table import Table, merged

MEGABYTE = 1_000_000
SMALLEST_MEMORY = 200 * MEGABYTE
_FAN_IN = 64

# What takes how much memory, in bytes: measured, with room for what the allocator keeps.
_INTERPRETER = 115 * MEGABYTE
_PER_BYTE_OF_BLOCK = 45
_PER_SYMBOL = 160
_PER_WORD_OF_ROW = 60


def check_memory(memory: int | None) -> None:
    """Refuse a bound that not even the interpreter would keep.

    Raises:
        UsageError: it is too small.
    """
    if memory is not None and memory < SMALLEST_MEMORY:
        raise UsageError(f"the memory must be at least {SMALLEST_MEMORY // MEGABYTE}M, not {memory / MEGABYTE:g}M")


def block_size(memory: int | None, order: int) -> int:
    """How many bytes of a text to look at together, where so much memory may be taken."""
    words = -(-order // 8)
    return max(1 << 12, (4 * MEGABYTE if memory is None else min(4 * MEGABYTE, memory // 256)) // words)


@dataclass(frozen=True)
class Counted:
    """The n-grams of a text.

    Attributes:
        order: the highest.
        length: how many symbols the text has.
        table: the n-grams of the highest order, in memory or on disk.
        rows: how many of its rows may be in memory at a time.
    """

    reader: Reader
    order: int
    length: int
    table: Table | Spilled
    rows: int

    def tables(self, order: int) -> Iterator[Table]:
        """The table of an order, in ascending blocks."""
        held = Table.empty(Packing(order, self.table.packing.base))
        for begin in range(0, len(self.table), self.rows):
            block = self.table.rows(begin, min(begin + self.rows, len(self.table))).shortened(order)
            # The last n-gram of a block may go on in the next.
            block = merged([held, block])
            held = block.rows(max(0, len(block) - 1), len(block))
            yield block.rows(0, len(block) - len(held))
        yield held


def count(reader: Reader, order: int, memory: int | None = None, progress: Progress | None = None) -> Counted:
    """Count the n-grams of orders 1 to `order`.

    Args:
        memory: how many bytes the whole process may take; what does not fit is spilled to disk.

    Raises:
        InputError: the text cannot be read, or has fewer symbols than `order`.
        UsageError: the order or the memory is too small.
        CharnnError: the disk is full, or the symbols alone do not fit into the memory.
    """
    check_order(order)
    check_memory(memory)
    heap = _Heap(reader, memory)
    length = 0
    for packing, digits in windows(reader, order, progress):
        keys = packing.keys(digits)
        length += len(keys)
        heap.add(Table.of(packing, keys))
    if not length:
        length = sum(map(len, reader.blocks()))
        if not length:
            raise InputError(f"{reader.stream.name} has no {reader.level}s")
    check_order(order, length)
    return Counted(reader, order, length, *heap.whole())


def windows(
    reader: Reader, order: int, progress: Progress | None = None
) -> Iterator[tuple[Packing, NDArray[np.uint32]]]:
    """The text as stretches of digits whose n-grams are those of the text, each once and in its order.

    The packing of a stretch is wide enough for the symbols that were met so far.
    """
    packing = Packing(order, 2)
    length = 0
    kept = np.zeros(0, dtype=np.uint32)
    for numbers in reader.blocks(progress):
        needed = len(reader.numbering) + 1
        if needed > packing.base:
            packing = Packing(order, needed + needed // 8)
        length += len(numbers)
        digits = np.concatenate([kept, numbers.astype(np.uint32) + np.uint32(1)])
        if len(digits) >= order:
            yield packing, digits
        kept = digits[max(0, len(digits) - order + 1) :]
    if 1 < order <= length:
        yield packing, np.concatenate([kept, np.zeros(order - 1, dtype=np.uint32)])


class _Heap:
    """Tables of ever larger parts of a text; what is more than the memory holds goes to disk."""

    def __init__(self, reader: Reader, memory: int | None) -> None:
        self.reader = reader
        self.memory = memory
        self.tables: list[Table] = []
        self.spilled: list[list[Spilled]] = []

    def rows(self, packing: Packing) -> int:
        """How many rows may be in memory.

        Raises:
            CharnnError: the symbols leave too little.
        """
        if self.memory is None:
            return 1 << 62
        names = len(self.reader.numbering) * _PER_SYMBOL + self.reader.numbering.length
        free = self.memory - _INTERPRETER - self.memory // 256 * _PER_BYTE_OF_BLOCK
        if names > free * 3 // 4:
            raise CharnnError(
                f"{len(self.reader.numbering):,} different {self.reader.level}s do not fit into "
                f"{self.memory // MEGABYTE}M of memory: raise --memory"
            )
        return (free - names) // ((len(packing.words) + 1) * _PER_WORD_OF_ROW)

    def add(self, table: Table) -> None:
        """Take one more table, merging it with others of its size, so that each row is moved but a few times."""
        self.tables.append(table)
        while len(self.tables) > 1 and len(self.tables[-2]) < 2 * len(self.tables[-1]):
            self.tables[-2:] = [merged(self.tables[-2:])]
        if sum(map(len, self.tables)) > self.rows(table.packing):
            self._spill()

    def whole(self) -> tuple[Table | Spilled, int]:
        """Everything as one table, in memory or on disk, and how many rows of it may be in memory."""
        if not any(self.spilled):
            table = merged(self.tables)
            return table, max(1, len(table))
        if self.tables:
            self._spill()
        whole = self._merged_on_disk([part for level in self.spilled for part in level])
        return whole, self.rows(whole.packing) // 2

    def _spill(self) -> None:
        """Move all tables to disk; so many tables there become one of the next level, as large as all of them."""
        table = merged(self.tables)
        self.tables = []
        part = Spilled(table.packing, [table])
        for level in self.spilled:
            level.append(part)
            if len(level) < _FAN_IN:
                return
            part = self._merged_on_disk(level)
            level.clear()
        self.spilled.append([part])

    def _merged_on_disk(self, parts: Sequence[Spilled]) -> Spilled:
        packing = max((part.packing for part in parts), key=lambda packing: packing.base)
        rows = max(1, self.rows(packing) // len(parts))
        whole = Spilled(packing, merged_blocks(parts, packing, rows))
        for part in parts:
            part.close()
        return whole

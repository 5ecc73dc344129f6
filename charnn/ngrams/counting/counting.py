"""Counting the n-grams of a text, in bounded memory if a bound is given.

One n-gram of the highest order begins at every symbol of the text; those that reach beyond the end are filled up with
"after the end". All shorter n-grams are beginnings of these, so one sorted table contains every order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.reader import Reader
from charnn.data.text.text import Progress
from charnn.errors import InputError
from charnn.ngrams.counting.growing_table import GrowingTable
from charnn.ngrams.counting.memory import check_memory
from charnn.ngrams.counting.packing import Packing, check_order
from charnn.ngrams.counting.spill import Spilled
from charnn.ngrams.counting.table import Table, merged


@dataclass(frozen=True)
class Counted:
    """The n-grams of a text.

    Attributes:
        reader: the text.
        order: the highest order.
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
            # The last n-gram of a block may also be the first of the next one, so it is held back.
            block = merged([held, block])
            held = block.rows(max(0, len(block) - 1), len(block))
            yield block.rows(0, len(block) - len(held))
        yield held


def count(
    reader: Reader,
    order: int,
    memory: int | None = None,
    progress: Progress | None = None,
    *,
    shorter: bool = False,
) -> Counted:
    """Count the n-grams of the orders 1 to `order`.

    Args:
        memory: the most memory in bytes that the whole process may take; tables that exceed it go to the disk.
        shorter: a text of fewer symbols than `order` is counted up to the order that it has, instead of an error.

    Raises:
        InputError: the text cannot be read, or has fewer symbols than `order`.
        UsageError: the order or the memory is too small.
        CharnnError: the disk is full, or the symbols alone do not fit into the memory.
    """
    check_order(order)
    check_memory(memory)
    table = GrowingTable(reader, memory)
    length = 0
    for packing, digits in stretches(reader, order, progress):
        keys = packing.keys(digits)
        length += len(keys)
        table.add(Table.of(packing, keys))
    if not length:
        length = sum(map(len, reader.blocks()))
        if not length:
            raise InputError(f"{reader.text.name} has no {reader.level}s")
        if shorter and length < order:
            return count(reader, length, memory, progress)
    check_order(order, length)
    return Counted(reader, order, length, *table.whole())


def stretches(
    reader: Reader, order: int, progress: Progress | None = None
) -> Iterator[tuple[Packing, NDArray[np.uint32]]]:
    """The text as stretches of digits that overlap, so that their n-grams are those of the text, each once, in order.

    The packing of a stretch is wide enough for all symbols that were read so far.
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

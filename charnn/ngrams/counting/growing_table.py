"""The table of a text that is read part by part: in memory, and on disk what exceeds the bound on the memory."""

from __future__ import annotations

from collections.abc import Sequence

from charnn.data.text.reader import Reader
from charnn.ngrams.counting.memory import rows_in_memory
from charnn.ngrams.counting.packing import Packing
from charnn.ngrams.counting.spill import Spilled, merged_blocks
from charnn.ngrams.counting.table import Table, merged

_FAN_IN = 64
"""How many tables on disk are merged at a time."""


class GrowingTable:
    """Sums tables of parts of a text. It holds tables of increasing size, in memory and on several levels on disk.

    Args:
        memory: the most memory in bytes that the whole process may take; None for no bound.
    """

    def __init__(self, reader: Reader, memory: int | None) -> None:
        self.reader = reader
        self.memory = memory
        self.tables: list[Table] = []
        self.spilled: list[list[Spilled]] = []

    def add(self, table: Table) -> None:
        """Add the table of one more part, merged with others of about its size, so that a row is moved only rarely.

        Raises:
            CharnnError: the symbols leave too little memory, or the disk is full.
        """
        self.tables.append(table)
        while len(self.tables) > 1 and len(self.tables[-2]) < 2 * len(self.tables[-1]):
            self.tables[-2:] = [merged(self.tables[-2:])]
        if sum(map(len, self.tables)) > self._rows(table.packing):
            self._spill()

    def whole(self) -> tuple[Table | Spilled, int]:
        """The sum of all tables, in memory or on disk, and how many of its rows may be in memory at a time."""
        if not any(self.spilled):
            table = merged(self.tables)
            return table, max(1, len(table))
        if self.tables:
            self._spill()
        whole = self._merged_on_disk([part for level in self.spilled for part in level])
        return whole, self._rows(whole.packing) // 2

    def _rows(self, packing: Packing) -> int:
        return rows_in_memory(self.memory, self.reader, packing)

    def _spill(self) -> None:
        """Move all tables to disk as one. When a level there is full, its tables become one of the next level."""
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
        rows = max(1, self._rows(packing) // len(parts))
        whole = Spilled(packing, merged_blocks(parts, packing, rows))
        for part in parts:
            part.close()
        return whole

"""Tables that are too large for memory: sorted rows in a temporary file, and how such tables are merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from charnn.ngrams.counting.packing import Packing
from charnn.ngrams.counting.table import Table, merged
from charnn.storage.scratch import Scratch

_WORD = 8


class Spilled:
    """A table on disk: rows of W key words and a count, in ascending order.

    Raises:
        CharnnError: the disk is full.
    """

    def __init__(self, packing: Packing, tables: Iterable[Table]) -> None:
        self.packing = packing
        self._scratch = Scratch()
        self._length = 0
        for table in tables:
            self._scratch.write(np.column_stack((table.keys, table.counts.astype(np.uint64))).data)
            self._length += len(table)

    def __len__(self) -> int:
        return self._length

    def rows(self, begin: int, end: int) -> Table:
        """The rows from `begin` to `end`, read into memory."""
        width = len(self.packing.words) + 1
        data = self._scratch.read(begin * width * _WORD, (end - begin) * width * _WORD)
        rows = np.frombuffer(data, dtype=np.uint64).reshape(-1, width)
        return Table(self.packing, np.ascontiguousarray(rows[:, :-1]), rows[:, -1].astype(np.int64))

    def close(self) -> None:
        """Delete the table from the disk."""
        self._scratch.close()


def merged_blocks(parts: Sequence[Spilled], packing: Packing, rows: int) -> Iterator[Table]:
    """The sum of several tables, in ascending blocks.

    Args:
        packing: the widest packing among them.
        rows: the most rows of each table that are in memory at a time.
    """
    read = [0] * len(parts)
    buffers = [Table.empty(packing)] * len(parts)
    while True:
        for number, part in enumerate(parts):
            if not len(buffers[number]) and read[number] < len(part):
                end = min(read[number] + rows, len(part))
                buffers[number] = part.rows(read[number], end).repacked(packing)
                read[number] = end
        # A table that is not read to its end may hold more keys above its buffer's last one. So only what is up to
        # the smallest of these last keys is complete.
        bounds = [buffer.last_key() for buffer, end, part in zip(buffers, read, parts, strict=True) if end < len(part)]
        cuts = [buffer.rows_up_to(min(bounds)) if bounds else len(buffer) for buffer in buffers]
        if not any(cuts):
            return
        yield merged([buffer.rows(0, cut) for buffer, cut in zip(buffers, cuts, strict=True)])
        buffers = [buffer.rows(cut, len(buffer)) for buffer, cut in zip(buffers, cuts, strict=True)]

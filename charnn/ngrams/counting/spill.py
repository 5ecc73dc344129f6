"""Tables that are too large for memory: sorted rows in a file without a name, and their merge."""

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
        CharnnError: there is no room for it.
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
        """A part of the table, read into memory."""
        width = len(self.packing.words) + 1
        data = self._scratch.read(begin * width * _WORD, (end - begin) * width * _WORD)
        rows = np.frombuffer(data, dtype=np.uint64).reshape(-1, width)
        return Table(self.packing, np.ascontiguousarray(rows[:, :-1]), rows[:, -1].astype(np.int64))

    def close(self) -> None:
        """Give the room on the disk back."""
        self._scratch.close()


def merged_blocks(parts: Sequence[Spilled], packing: Packing, rows: int) -> Iterator[Table]:
    """The merge of several tables in ascending blocks; of each table at most so many rows are in memory.

    Args:
        packing: the widest among them.
    """
    places = [0] * len(parts)
    buffers = [Table.empty(packing)] * len(parts)
    while True:
        for number, part in enumerate(parts):
            if not len(buffers[number]) and places[number] < len(part):
                end = min(places[number] + rows, len(part))
                buffers[number] = part.rows(places[number], end).repacked(packing)
                places[number] = end
        # Beyond the smallest of the last keys, a table that is not at its end may have more to come.
        bounds = [
            buffer.last_key() for buffer, place, part in zip(buffers, places, parts, strict=True) if place < len(part)
        ]
        cuts = [buffer.rows_up_to(min(bounds)) if bounds else len(buffer) for buffer in buffers]
        if not any(cuts):
            return
        yield merged([buffer.rows(0, cut) for buffer, cut in zip(buffers, cuts, strict=True)])
        buffers = [buffer.rows(cut, len(buffer)) for buffer, cut in zip(buffers, cuts, strict=True)]

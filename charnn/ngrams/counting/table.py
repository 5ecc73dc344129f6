"""Tables of n-grams: each n-gram once, in lexicographic order, with its count."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.ngrams.counting.packing import Keys, Packing

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """M distinct n-grams in ascending order and the count of each."""

    packing: Packing
    keys: Keys
    counts: Counts

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def of(cls, packing: Packing, keys: Keys) -> Table:
        """Count n-grams that are given one by one, in any sequence."""
        keys = np.sort(keys, axis=0) if keys.shape[1] == 1 else keys[_order(keys)]
        first = np.flatnonzero(starts(keys))
        return cls(packing, keys[first], np.diff(first, append=len(keys)))

    @classmethod
    def empty(cls, packing: Packing) -> Table:
        """A table without n-grams."""
        return cls(packing, np.empty((0, len(packing.words)), np.uint64), np.empty(0, np.int64))

    def last_key(self) -> tuple[int, ...]:
        """The words of the last key."""
        return tuple(self.keys[-1].tolist())

    def rows_up_to(self, key: tuple[int, ...]) -> int:
        """The number of rows whose key is at most `key`."""
        return bisect_right(range(len(self)), key, key=lambda row: tuple(self.keys[row].tolist()))

    def rows(self, begin: int, end: int) -> Table:
        """The rows from `begin` to `end`."""
        return Table(self.packing, self.keys[begin:end], self.counts[begin:end])

    def repacked(self, packing: Packing) -> Table:
        """The same table in a wider packing."""
        if packing == self.packing:
            return self
        return Table(packing, self.packing.repacked(self.keys, packing), self.counts)

    def shortened(self, order: int) -> Table:
        """The counts of the first `order` symbols, without n-grams that reach beyond the end of the text."""
        packing = Packing(order, self.packing.base)
        keys = self.packing.prefixes(self.keys, order)
        first = np.flatnonzero(starts(keys))
        inside = packing.digit(keys[first], order - 1) > 0
        return Table(packing, keys[first][inside], _sums(self.counts, first)[inside])

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """(M,) the row of each of these keys, which have the same packing; −1 for a key that is not in the table."""
        if not len(self):
            return np.full(len(keys), -1)
        rows, known = _search(self.keys[:, 0], keys[:, 0])
        for word in range(1, self.keys.shape[1]):
            # The first row with the words before this one stands for them. Together with this word it makes a number,
            # in ascending order again, and the first row with that number stands for all these words.
            own = np.maximum.accumulate(np.where(starts(self.keys[:, :word]), np.arange(len(self)), 0))
            distinct, indices = np.unique(self.keys[:, word], return_inverse=True)
            wanted, word_known = _search(distinct, keys[:, word])
            rows, pair_known = _search(own * len(distinct) + indices, rows * len(distinct) + wanted)
            known &= word_known & pair_known
        return np.where(known, rows, -1)


def _search(ascending: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The first index of each value in an ascending array, and whether the array contains the value."""
    indices = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return indices, ascending[indices] == wanted


def starts(keys: Keys) -> NDArray[np.bool_]:
    """(M,) which of the sorted keys differ from the key before them."""
    differs = np.empty(len(keys), dtype=bool)
    differs[:1] = True
    np.any(keys[1:] != keys[:-1], axis=1, out=differs[1:])
    return differs


def merged(tables: Sequence[Table]) -> Table:
    """The sum of several tables of the same order, in the packing of the last one, which must be the widest."""
    packing = tables[-1].packing
    tables = [table for table in tables if len(table)] or [tables[-1]]
    if len(tables) == 1:
        return tables[0].repacked(packing)
    keys = np.concatenate([table.repacked(packing).keys for table in tables])
    counts = np.concatenate([table.counts for table in tables])
    order = _order(keys)
    keys, counts = keys[order], counts[order]
    first = np.flatnonzero(starts(keys))
    return Table(packing, keys[first], _sums(counts, first))


def _order(keys: Keys) -> NDArray[np.intp]:
    # A stable sort merges parts that are sorted already, such as the tables that were joined, in linear time.
    return np.argsort(keys[:, 0], kind="stable") if keys.shape[1] == 1 else np.lexsort(keys.T[::-1])


def _sums(counts: Counts, first: NDArray[np.intp]) -> Counts:
    return np.add.reduceat(counts, first) if len(first) else counts[:0]

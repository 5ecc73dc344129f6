"""Tables of n-grams: each once, in lexicographic order, with how often it occurs."""

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
        """Count n-grams that stand in any order and as often as they occur."""
        keys = np.sort(keys, axis=0) if keys.shape[1] == 1 else keys[_order(keys)]
        first = np.flatnonzero(starts(keys))
        return cls(packing, keys[first], np.diff(first, append=len(keys)))

    @classmethod
    def empty(cls, packing: Packing) -> Table:
        """The table of no n-grams."""
        return cls(packing, np.empty((0, len(packing.words)), np.uint64), np.empty(0, np.int64))

    def last_key(self) -> tuple[int, ...]:
        """The words of the last key."""
        return tuple(self.keys[-1].tolist())

    def rows_up_to(self, key: tuple[int, ...]) -> int:
        """How many rows have a key that is not above `key`."""
        return bisect_right(range(len(self)), key, key=lambda row: tuple(self.keys[row].tolist()))

    def rows(self, begin: int, end: int) -> Table:
        """A part of the table."""
        return Table(self.packing, self.keys[begin:end], self.counts[begin:end])

    def repacked(self, packing: Packing) -> Table:
        """The same table in a wider packing."""
        return (
            self if packing == self.packing else Table(packing, self.packing.repacked(self.keys, packing), self.counts)
        )

    def shortened(self, order: int) -> Table:
        """The counts of the first `order` symbols, without those that reach beyond the end of the text."""
        packing = Packing(order, self.packing.base)
        keys = self.packing.prefixes(self.keys, order)
        first = np.flatnonzero(starts(keys))
        inside = packing.digit(keys[first], order - 1) > 0
        return Table(packing, keys[first][inside], _sums(self.counts, first)[inside])

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """The row of each of these keys of the same packing; −1 where there is none."""
        if not len(self):
            return np.full(len(keys), -1)
        rows, known = _places(self.keys[:, 0], keys[:, 0])
        for word in range(1, self.keys.shape[1]):
            # The first words of a key, as the number of their first row, and the next word: numbered anew in pairs.
            own = np.maximum.accumulate(np.where(starts(self.keys[:, :word]), np.arange(len(self)), 0))
            distinct, places = np.unique(self.keys[:, word], return_inverse=True)
            wanted, found = _places(distinct, keys[:, word])
            rows, paired = _places(own * len(distinct) + places, rows * len(distinct) + wanted)
            known &= found & paired
        return np.where(known, rows, -1)


def _places(ascending: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each value stands first in an ascending array, and whether it does."""
    places = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return places, ascending[places] == wanted


def starts(keys: Keys) -> NDArray[np.bool_]:
    """Which of the sorted keys differ from the one before."""
    differs = np.empty(len(keys), dtype=bool)
    differs[:1] = True
    np.any(keys[1:] != keys[:-1], axis=1, out=differs[1:])
    return differs


def merged(tables: Sequence[Table]) -> Table:
    """One table of several of the same order; the packing of the last, which is the widest, is taken."""
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
    # Timsort merges what is already sorted in stretches, as tables that stand one behind the other are.
    return np.argsort(keys[:, 0], kind="stable") if keys.shape[1] == 1 else np.lexsort(keys.T[::-1])


def _sums(counts: Counts, first: NDArray[np.intp]) -> Counts:
    return np.add.reduceat(counts, first) if len(first) else counts[:0]

"""What the counts of a text say: totals, types, singletons, the most frequent n-grams."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charnn.ngrams.counting.counting import Counted, windows
from charnn.ngrams.counting.table import Table, merged

_NAMES = {1: "unigrams", 2: "bigrams", 3: "trigrams"}
_HELD = 1 << 20
_LOOKED_AT = 1 << 17
"""How many bytes of a text are looked at together where a search ends early."""


@dataclass(frozen=True)
class Row:
    """One n-gram: its symbols in UTF-8 and how often it occurs."""

    symbols: tuple[bytes, ...]
    count: int


@dataclass(frozen=True)
class Statistics:
    """The n-grams of one order.

    Attributes:
        total: how many there are, N − order + 1.
        counts_of_counts: how many different n-grams occur once, twice, …
        top: the most frequent; of equally frequent ones the one that occurs first in the text comes first.
    """

    order: int
    total: int
    counts_of_counts: dict[int, int]
    top: tuple[Row, ...]

    @property
    def name(self) -> str:
        """What n-grams of this order are called."""
        return _NAMES.get(self.order, f"{self.order}-grams")

    @property
    def types(self) -> int:
        """How many different n-grams there are."""
        return sum(self.counts_of_counts.values())

    @property
    def singletons(self) -> int:
        """How many of them occur once."""
        return self.counts_of_counts.get(1, 0)

    @property
    def singleton_share(self) -> float:
        """Their share of the types."""
        return self.singletons / self.types


def statistics(counted: Counted, order: int, top: int) -> Statistics:
    """What the counts of one order say."""
    counts_of_counts: Counter[int] = Counter()
    for table in counted.tables(order):
        counts, numbers = np.unique(table.counts, return_counts=True)
        counts_of_counts.update(dict(zip(counts.tolist(), numbers.tolist(), strict=True)))
    leaders = _leaders(counted, order, top, counts_of_counts)
    names = counted.reader.numbering.symbols()
    ranking = np.lexsort((_first_places(counted, leaders, top), -leaders.counts))[:top]
    symbols = [leaders.packing.digit(leaders.keys, place) - 1 for place in range(order)]
    rows = tuple(Row(tuple(names[column[rank]] for column in symbols), int(leaders.counts[rank])) for rank in ranking)
    return Statistics(order, counted.length - order + 1, dict(counts_of_counts), rows)


def _leaders(counted: Counted, order: int, top: int, counts_of_counts: Counter[int]) -> Table:
    """All n-grams that may be among the `top` most frequent, those of equal counts included."""
    above, least = 0, 0
    for least in sorted(counts_of_counts, reverse=True):
        if above + counts_of_counts[least] >= top:
            break
        above += counts_of_counts[least]
    if counts_of_counts[least] <= max(_HELD, top):
        return _where(counted, order, least)
    # So many are equally frequent that the first of them in the text are looked for there.
    found = _where(counted, order, least + 1)
    for packing, digits in windows(replace(counted.reader, block=max(_LOOKED_AT, 32 * top)), order):
        stretch = Table.of(packing, packing.keys(digits)).repacked(found.packing)
        for table in counted.tables(order):
            rows = table.find(stretch.keys)
            equal = rows[rows >= 0][table.counts[rows[rows >= 0]] == least]
            new = equal[found.find(table.keys[equal]) < 0]
            found = merged([found, Table(found.packing, table.keys[new], table.counts[new])])
        if len(found) >= top:
            break
    return found


def _where(counted: Counted, order: int, least: int) -> Table:
    """The n-grams that occur at least so often."""
    parts = []
    for table in counted.tables(order):
        rows = table.counts >= least
        parts.append(Table(table.packing, table.keys[rows], table.counts[rows]))
    return merged(parts)


def _first_places(counted: Counted, leaders: Table, top: int) -> NDArray[np.int64]:
    """Where each of these n-grams begins first, in symbols; of the rarest of them, those that come first suffice."""
    order = leaders.packing.order
    later = counted.length
    places = np.full(len(leaders), later)
    needed = leaders.counts > leaders.counts.min()
    begin = 0
    for packing, digits in windows(replace(counted.reader, block=_LOOKED_AT), order):
        keys = packing.keys(digits)
        rows, first = np.unique(leaders.repacked(packing).find(keys), return_index=True)
        new = (rows >= 0) & (places[rows] == later)
        places[rows[new]] = begin + first[new]
        begin += len(keys)
        if (places[needed] < later).all() and np.count_nonzero(places < later) >= min(top, len(leaders)):
            break
    return places

"""What the counts of a text say: totals, types, singletons, the most frequent n-grams."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charnn.ngrams.counting.counting import Counted, stretches
from charnn.ngrams.counting.table import Table, merged

_NAMES = {1: "unigrams", 2: "bigrams", 3: "trigrams"}
_MOST_CANDIDATES = 1 << 20
_SEARCH_BLOCK = 1 << 17
"""How many bytes of a text are read at a time in a search that ends early."""


@dataclass(frozen=True)
class Row:
    """An n-gram: its symbols in UTF-8, and its count."""

    symbols: tuple[bytes, ...]
    count: int


@dataclass(frozen=True)
class Statistics:
    """The n-grams of one order.

    Attributes:
        total: how many the text has, N − order + 1.
        counts_of_counts: how many different n-grams occur once, twice, …
        top: the most frequent ones; of equally frequent ones, those that occur first in the text.
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
        """The number of different n-grams."""
        return sum(self.counts_of_counts.values())

    @property
    def singletons(self) -> int:
        """The number of n-grams that occur once."""
        return self.counts_of_counts.get(1, 0)

    @property
    def singleton_share(self) -> float:
        """The share of the singletons among the types."""
        return self.singletons / self.types


def statistics(counted: Counted, order: int, top: int) -> Statistics:
    """The statistics of one order, with its `top` most frequent n-grams."""
    counts_of_counts: Counter[int] = Counter()
    for table in counted.tables(order):
        counts, numbers = np.unique(table.counts, return_counts=True)
        counts_of_counts.update(dict(zip(counts.tolist(), numbers.tolist(), strict=True)))
    candidates = _candidates(counted, order, top, counts_of_counts)
    names = counted.reader.numbering.symbols()
    ranking = np.lexsort((_first_positions(counted, candidates, top), -candidates.counts))[:top]
    symbols = [candidates.packing.digit(candidates.keys, position) - 1 for position in range(order)]
    rows = tuple(
        Row(tuple(names[column[rank]] for column in symbols), int(candidates.counts[rank])) for rank in ranking
    )
    return Statistics(order, counted.length - order + 1, dict(counts_of_counts), rows)


def _candidates(counted: Counted, order: int, top: int, counts_of_counts: Counter[int]) -> Table:
    """All n-grams that may be among the `top` most frequent, including those of equal count."""
    above, least = 0, 0
    for least in sorted(counts_of_counts, reverse=True):
        if above + counts_of_counts[least] >= top:
            break
        above += counts_of_counts[least]
    if counts_of_counts[least] <= max(_MOST_CANDIDATES, top):
        return _at_least(counted, order, least)
    # Too many have the least of these counts. Only the first of them in the text are needed, so the text is searched.
    candidates = _at_least(counted, order, least + 1)
    for packing, digits in stretches(replace(counted.reader, block=max(_SEARCH_BLOCK, 32 * top)), order):
        stretch = Table.of(packing, packing.keys(digits)).repacked(candidates.packing)
        for table in counted.tables(order):
            rows = table.find(stretch.keys)
            equal = rows[rows >= 0][table.counts[rows[rows >= 0]] == least]
            new = equal[candidates.find(table.keys[equal]) < 0]
            candidates = merged([candidates, Table(candidates.packing, table.keys[new], table.counts[new])])
        if len(candidates) >= top:
            break
    return candidates


def _at_least(counted: Counted, order: int, least: int) -> Table:
    """The n-grams that occur at least `least` times."""
    parts = []
    for table in counted.tables(order):
        rows = table.counts >= least
        parts.append(Table(table.packing, table.keys[rows], table.counts[rows]))
    return merged(parts)


def _first_positions(counted: Counted, candidates: Table, top: int) -> NDArray[np.int64]:
    """(M,) the position of the first occurrence of each n-gram, in symbols.

    Of the rarest n-grams, only as many as are needed get one; the others get the length of the text.
    """
    order = candidates.packing.order
    later = counted.length
    positions = np.full(len(candidates), later)
    needed = candidates.counts > candidates.counts.min()
    begin = 0
    for packing, digits in stretches(replace(counted.reader, block=_SEARCH_BLOCK), order):
        keys = packing.keys(digits)
        rows, first = np.unique(candidates.repacked(packing).find(keys), return_index=True)
        new = (rows >= 0) & (positions[rows] == later)
        positions[rows[new]] = begin + first[new]
        begin += len(keys)
        if (positions[needed] < later).all() and np.count_nonzero(positions < later) >= min(top, len(candidates)):
            break
    return positions

"""The n-grams of a text as a tree: the parent of an n-gram is the n-gram without its last symbol.

Level k holds the n-grams of k symbols in lexicographic order, so that the children of a node stand together
and are found by binary search for the number parent · V + symbol. The root, the empty n-gram, is the one node
of level 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids, smallest_type
from charnn.ngrams.counting.packing import Packing, check_order
from charnn.ngrams.counting.table import Counts, Table

Nodes = NDArray[np.int64]
"""Places of nodes in their level; −1 where the text has no such n-gram."""


@dataclass(frozen=True)
class Level:
    """The M n-grams of one length.

    Attributes:
        vocabulary: V, how many symbols there are.
        parents: (M,) the node of all symbols but the last, in the level before; ascending.
        last: (M,) the last symbol.
        counts: (M,) how often each n-gram occurs.
        suffixes: (M,) the node of all symbols but the first, in the level before.
    """

    vocabulary: int
    parents: Nodes
    last: Nodes
    counts: Counts
    suffixes: Nodes

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def _numbers(self) -> Nodes:
        return self.parents * self.vocabulary + self.last

    def find(self, parents: Nodes, symbols: NDArray[np.integer]) -> Nodes:
        """The child of each parent by each symbol."""
        wanted = parents * self.vocabulary + symbols
        places = np.minimum(np.searchsorted(self._numbers, wanted), len(self) - 1)
        return np.where((parents >= 0) & (self._numbers[places] == wanted), places, -1)

    def children(self, parent: int) -> slice:
        """Where the children of a node stand."""
        begin, end = np.searchsorted(self.parents, [parent, parent + 1])
        return slice(int(begin), int(end))


def grow(ids: Ids, vocabulary: int, order: int) -> list[Level]:
    """The levels 1 to `order` of a text over so many symbols.

    Raises:
        InputError: the text has fewer symbols than `order`, or the order is not at least 1.
    """
    check_order(order, len(ids))
    packing = Packing(order, vocabulary + 1)
    digits = np.zeros(len(ids) + order - 1, dtype=smallest_type(vocabulary + 1))
    digits[: len(ids)] = ids
    digits[: len(ids)] += 1
    table = Table.of(packing, packing.keys(digits))
    levels: list[Level] = []
    node_of_row = np.zeros(len(table), dtype=np.int64)
    differs = np.zeros(len(table), dtype=bool)
    differs[0] = True
    for place in range(order):
        digit = packing.digit(table.keys, place)
        differs[1:] |= digit[1:] != digit[:-1]
        inside = digit > 0
        first = np.flatnonzero(differs & inside)
        parents, last = node_of_row[first], digit[first] - 1
        levels.append(
            Level(
                vocabulary,
                parents,
                last,
                counts=np.add.reduceat(table.counts * inside, first),
                suffixes=levels[-1].find(levels[-1].suffixes[parents], last) if levels else np.zeros_like(first),
            )
        )
        node_of_row = np.cumsum(differs & inside) - 1
    return levels


def trace(levels: Sequence[Level], ids: Ids) -> Iterator[tuple[Nodes, Nodes]]:
    """For k = 1, 2, …: the nodes of the k − 1 symbols before each of the N symbols, and of the k up to it."""
    symbols = ids.astype(np.int64)
    grams = np.zeros(len(ids), dtype=np.int64)
    for length, level in enumerate(levels, start=1):
        contexts = grams
        if length > 1:
            contexts = np.concatenate([[-1], grams[:-1]])
        grams = level.find(contexts, symbols)
        yield contexts, grams

"""The n-grams of a text as a trie: the parent of an n-gram is the n-gram without its last symbol.

Level k holds the n-grams of k symbols in lexicographic order. So the children of a node are next to each other, and
a child is found by a binary search for the number parent · V + symbol. The root, which is the empty n-gram, is the
only node of level 0.
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

Floats = NDArray[np.float64]
Nodes = NDArray[np.int64]
"""Indices of nodes in their level; −1 for an n-gram that the text does not contain."""


@dataclass(frozen=True)
class Level:
    """The M n-grams of one length.

    Attributes:
        vocabulary: V, the number of symbols.
        parents: (M,) the node of all symbols but the last, in the level before; ascending.
        last: (M,) the last symbol.
    """

    vocabulary: int
    parents: Nodes
    last: Nodes

    def __len__(self) -> int:
        return len(self.last)

    @cached_property
    def _keys(self) -> Nodes:
        return self.parents * self.vocabulary + self.last

    def find(self, parents: Nodes, symbols: NDArray[np.integer]) -> Nodes:
        """The child of each parent by each symbol."""
        wanted = parents * self.vocabulary + symbols
        rows = np.minimum(np.searchsorted(self._keys, wanted), len(self) - 1)
        return np.where((parents >= 0) & (self._keys[rows] == wanted), rows, -1)

    def children(self, parent: int) -> slice:
        """The children of a node."""
        begin, end = np.searchsorted(self.parents, [parent, parent + 1])
        return slice(int(begin), int(end))


@dataclass(frozen=True)
class TrieLevel(Level):
    """The n-grams of one length with what was counted.

    Attributes:
        counts: (M,) how often the n-gram occurs.
        suffixes: (M,) the node of all symbols but the first, in the level before.
    """

    counts: Counts
    suffixes: Nodes


def build_trie(ids: Ids, vocabulary: int, order: int) -> list[TrieLevel]:
    """The levels 1 to `order` of a text.

    Args:
        ids: the text.
        vocabulary: V.
        order: the length of the longest n-grams.

    Raises:
        UsageError: the order is not at least 1.
        InputError: the text has fewer symbols than `order`.
    """
    check_order(order, len(ids))
    packing = Packing.of(order, vocabulary)
    table = _longest_ngrams(packing, ids)
    levels: list[TrieLevel] = []
    node_of_row = np.zeros(len(table), dtype=np.int64)
    differs = np.zeros(len(table), dtype=bool)
    differs[0] = True
    for position in range(order):
        digit = packing.digit(table.keys, position)
        differs[1:] |= digit[1:] != digit[:-1]
        inside = digit > 0
        first = np.flatnonzero(differs & inside)
        parents, last = node_of_row[first], digit[first] - 1
        levels.append(
            TrieLevel(
                vocabulary,
                parents,
                last,
                counts=np.add.reduceat(table.counts * inside, first),
                suffixes=levels[-1].find(levels[-1].suffixes[parents], last) if levels else np.zeros_like(first),
            )
        )
        node_of_row = np.cumsum(differs & inside) - 1
    return levels


def _longest_ngrams(packing: Packing, ids: Ids) -> Table:
    """The n-grams that begin at each symbol of a text, filled up with zeros after its end."""
    digits = np.zeros(len(ids) + packing.order - 1, dtype=smallest_type(packing.base))
    digits[: len(ids)] = ids
    digits[: len(ids)] += 1
    return Table.of(packing, packing.keys(digits))


def find_nodes(levels: Sequence[Level], ids: Ids) -> Iterator[tuple[Nodes, Nodes]]:
    """For k = 1, 2, …: the nodes of the k − 1 symbols before each of N symbols, and of the k that end with it."""
    symbols = ids.astype(np.int64)
    grams = np.zeros(len(ids), dtype=np.int64)
    for length, level in enumerate(levels, start=1):
        contexts = grams
        if length > 1:
            contexts = np.concatenate([[-1], grams[:-1]])
        grams = level.find(contexts, symbols)
        yield contexts, grams

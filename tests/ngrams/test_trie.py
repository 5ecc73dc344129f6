"""The trie of a text against `collections.Counter`."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charnn.ngrams.trie import TrieLevel, build_trie, find_nodes

V = 3


def ngrams(ids: list[int], length: int) -> list[tuple[int, ...]]:
    return list(zip(*(ids[start:] for start in range(length)), strict=False))


def spelled(levels: list[TrieLevel]) -> list[list[tuple[int, ...]]]:
    """The n-gram of every node, level by level, from the root."""
    nodes: list[list[tuple[int, ...]]] = [[()]]
    for level in levels:
        nodes.append([(*nodes[-1][parent], last) for parent, last in zip(level.parents, level.last, strict=True)])
    return nodes


@given(st.lists(st.integers(0, V - 1), min_size=4, max_size=40))
def test_nodes_are_the_ngrams_in_lexicographic_order_with_their_counts(ids: list[int]) -> None:
    levels = build_trie(np.array(ids), V, 4)
    nodes = spelled(levels)
    for length, level in enumerate(levels, start=1):
        assert nodes[length] == sorted(nodes[length])
        assert dict(zip(nodes[length], level.counts.tolist(), strict=True)) == Counter(ngrams(ids, length))
        assert [nodes[length - 1][suffix] for suffix in level.suffixes] == [gram[1:] for gram in nodes[length]]


@given(st.lists(st.integers(0, V - 1), min_size=4, max_size=20), st.lists(st.integers(0, V - 1), max_size=20))
def test_the_nodes_of_a_text_are_those_of_its_ngrams(ids: list[int], other: list[int]) -> None:
    levels = build_trie(np.array(ids), V, 3)
    nodes = [{gram: index for index, gram in enumerate(level)} for level in spelled(levels)]
    for length, (contexts, grams) in enumerate(find_nodes(levels, np.array(other, dtype=np.int64)), start=1):
        for end in range(len(other)):
            gram = tuple(other[end - length + 1 : end + 1]) if end + 1 >= length else None
            assert grams[end] == (nodes[length].get(gram, -1) if gram else -1)
            assert contexts[end] == (nodes[length - 1].get(gram[:-1], -1) if gram else -1)

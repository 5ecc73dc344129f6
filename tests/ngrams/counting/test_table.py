"""Keys and tables against tuples and `collections.Counter`."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charnn.ngrams.counting.packing import Packing
from charnn.ngrams.counting.table import Table, merged

# A base of 2^20 leaves room for three digits in a word: orders above it take several words a key.
BASES = st.sampled_from([4, 100, 1 << 20, (1 << 32) - 1])


@st.composite
def texts(draw: st.DrawFn) -> tuple[Packing, list[int]]:
    """An order, a base and the digits of a text that is filled up beyond its end."""
    packing = Packing(draw(st.integers(1, 8)), draw(BASES))
    digits = draw(st.lists(st.integers(1, 3) | st.just(packing.base - 1), min_size=1, max_size=40))
    return packing, digits + [0] * (packing.order - 1)


def ngrams(digits: list[int], order: int) -> list[tuple[int, ...]]:
    return list(zip(*(digits[start:] for start in range(order)), strict=False))


def read_back(table: Table) -> dict[tuple[int, ...], int]:
    columns = [table.packing.digit(table.keys, position).tolist() for position in range(table.packing.order)]
    rows = list(zip(*columns, strict=True))
    assert rows == sorted(set(rows)), "each n-gram once, in lexicographic order"
    return dict(zip(rows, table.counts.tolist(), strict=True))


def table_of(packing: Packing, digits: list[int]) -> Table:
    return Table.of(packing, packing.keys(np.array(digits, dtype=np.uint32)))


@given(texts())
def test_a_table_counts_what_counter_counts(text: tuple[Packing, list[int]]) -> None:
    packing, digits = text
    table = table_of(packing, digits)
    assert read_back(table) == Counter(ngrams(digits, packing.order))
    for order in range(1, packing.order + 1):
        inside = [gram for gram in ngrams(digits, order) if 0 not in gram]
        assert read_back(table.shortened(order)) == Counter(inside)


@given(texts(), st.lists(st.integers(0, 40), max_size=3))
def test_tables_of_parts_merge_into_the_table_of_the_whole(text: tuple[Packing, list[int]], cuts: list[int]) -> None:
    packing, digits = text
    keys = packing.keys(np.array(digits, dtype=np.uint32))
    borders = [0, *sorted(min(cut, len(keys)) for cut in cuts), len(keys)]
    parts = [Table.of(packing, keys[begin:end]) for begin, end in pairwise(borders)]
    assert read_back(merged(parts)) == read_back(Table.of(packing, keys))


@given(texts())
def test_a_wider_packing_holds_the_same_ngrams_in_the_same_order(text: tuple[Packing, list[int]]) -> None:
    packing, digits = text
    wider = Packing(packing.order, packing.base * 2 + 1)
    assert read_back(table_of(packing, digits).repacked(wider)) == Counter(ngrams(digits, packing.order))


@given(texts(), texts())
def test_find_gives_the_row_or_nothing(text: tuple[Packing, list[int]], other: tuple[Packing, list[int]]) -> None:
    packing, digits = text
    table = table_of(packing, digits)
    asked = np.array([min(digit, packing.base - 1) for digit in digits[::-1] + other[1]], dtype=np.uint32)
    rows = list(read_back(table))
    expected = [rows.index(gram) if gram in rows else -1 for gram in ngrams(asked.tolist(), packing.order)]
    assert table.find(packing.keys(asked)).tolist() == expected


@given(texts(), st.integers(0, 40))
def test_rows_up_to_a_key(text: tuple[Packing, list[int]], row: int) -> None:
    table = table_of(*text)
    row = min(row, len(table) - 1)
    assert table.rows_up_to(tuple(table.keys[row].tolist())) == row + 1
    assert table.rows(0, row + 1).last_key() == tuple(table.keys[row].tolist())

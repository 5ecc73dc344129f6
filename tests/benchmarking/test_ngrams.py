"""Contenders of `bench ngrams` do the same work: the same tables from the same tokens."""

from __future__ import annotations

import re
from collections import Counter

from charnn.benchmarking.ngrams import WORD_ORDER, counted_tables, counters, tables, tasks
from charnn.ngrams.counting.table import Table

TEXT = "the cat sat on the mat, and the cat sat\n" * 20 + "a hat\n"


def _counts(tables: list[Table]) -> list[list[int]]:
    """The counts of each order, whose table may come in blocks."""
    counts: dict[int, list[int]] = {}
    for table in tables:
        counts.setdefault(table.packing.order, []).extend(table.counts.tolist())
    return [sorted(found) for found in counts.values()]


def test_tables_hold_the_counts_of_collections_counter() -> None:
    tokens = re.findall("[a-z]+", TEXT)
    expected = [sorted(counter.values()) for counter in counters(tokens)]
    assert len(expected) == WORD_ORDER
    assert _counts(tables(tokens)) == expected
    assert _counts(counted_tables(TEXT.encode(), "text", "word", WORD_ORDER)) == expected


def test_tables_of_characters_hold_the_counts_of_their_windows() -> None:
    expected = [Counter(TEXT[start : start + order] for start in range(len(TEXT) - order + 1)) for order in (1, 2, 3)]
    found = _counts(counted_tables(TEXT.encode(), "text", "character", 3))
    assert found == [sorted(windows.values()) for windows in expected]


def test_every_contender_of_a_task_covers_the_same_characters() -> None:
    for name, contenders in tasks(TEXT.encode(), "text").items():
        assert len({contender.characters for contender in contenders}) == 1, name

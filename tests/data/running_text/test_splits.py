"""Splits: every unit of a text is in exactly one part."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.running_text.splits import PARTS, split_ranges

shares = st.sampled_from([(1.0,), (0.9, 0.1), (0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (0.05, 0.9, 0.05)])


@given(length=st.integers(0, 10**7), split=shares)
def test_parts_are_contiguous_and_cover_the_text(length: int, split: tuple[float, ...]) -> None:
    spans = list(split_ranges(length, split).values())
    assert spans[0].start == 0
    assert spans[-1].stop == length
    assert all(before.stop == after.start for before, after in pairwise(spans))
    for span, share in zip(spans, split, strict=False):
        assert abs(len(span) - share * length) <= 1


@pytest.mark.parametrize(
    ("length", "split", "sizes"),
    [(1_115_394, (0.9, 0.1), [1_003_854, 111_540, 0]), (10, (0.7, 0.2, 0.1), [7, 2, 1]), (5, (1.0,), [5, 0, 0])],
)
def test_a_split_cuts_where_the_running_sum_rounds_down(
    length: int, split: tuple[float, ...], sizes: list[int]
) -> None:
    parts = split_ranges(length, split)
    assert [len(parts[part]) for part in PARTS] == sizes

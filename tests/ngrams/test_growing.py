"""Counts that grow, against counts of strings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.ngrams.growing import LONGEST, SHORTEST, GrowingCounts


def slowly(read: str, before: str, symbol: str, other: float) -> float:
    p = other
    for k in range(SHORTEST, LONGEST + 1):
        context = before[-k:]
        if len(before) < k:
            break
        followed = [read[at + k] for at in range(len(read) - k) if read[at : at + k] == context]
        if not followed:
            break
        types = len(set(followed))
        p = (followed.count(symbol) + types * p) / (len(followed) + types)
    return p


@given(text=st.text("ab", min_size=1, max_size=60))
def test_probabilities_are_those_of_counted_strings(text: str) -> None:
    counts, ids = GrowingCounts(), [ord(letter) - ord("a") for letter in text]
    other = np.array([0.3, 0.5, 0.2])
    for place, symbol in enumerate(ids):
        before = ids[max(0, place - LONGEST) : place]
        p, length = counts.probability(before, symbol, float(other[symbol]))
        expected = slowly(text[:place], text[max(0, place - LONGEST) : place], text[place], float(other[symbol]))
        assert p == pytest.approx(expected, rel=1e-12)
        distribution, same = counts.distribution(before, other)
        assert same == length
        assert distribution.sum() == pytest.approx(1, abs=1e-12)
        assert distribution[symbol] == pytest.approx(p, rel=1e-12)
        counts.add(before, symbol)

"""Counts that grow, against counts of strings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.ngrams.growing import LONGEST, SHORTEST, GrowingCounts, grown_model
from charnn.ngrams.stored import Cursor


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
        p, _ = counts.probability(before, symbol, float(other[symbol]))
        expected = slowly(text[:place], text[max(0, place - LONGEST) : place], text[place], float(other[symbol]))
        assert p == pytest.approx(expected, rel=1e-12)
        counts.add(before, symbol)


@given(text=st.text("ab", min_size=1, max_size=60), written=st.text("abc", max_size=12))
def test_the_model_of_what_was_read_says_what_the_counts_say(text: str, written: str) -> None:
    counts, other = GrowingCounts(), np.array([0.3, 0.5, 0.2])
    ids, more = ([ord(letter) - ord("a") for letter in letters] for letters in (text, written))
    for place, symbol in enumerate(ids):
        counts.add(ids[max(0, place - LONGEST) : place], symbol)
    cursor = Cursor(grown_model(np.array(ids, dtype=np.uint32), 3), ids)
    for place in range(len(ids), len(ids) + len(more) + 1):
        before = [*ids, *more][max(0, place - LONGEST) : place]
        p = cursor.distribution(other)
        expected = [counts.probability(before, symbol, other[symbol]) for symbol in range(3)]
        np.testing.assert_allclose(p, [one for one, _ in expected], rtol=1e-12)
        assert cursor.longest == expected[0][1]
        for symbol in more[place - len(ids) :][:1]:
            cursor.advance(symbol)

"""Which stretches of a text stand in another: as a slow search of all pairs finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from charnn.data.text.vocabulary import UnknownSymbolsError, Vocabulary
from charnn.evaluation import recitation as module
from charnn.evaluation.recitation import LONG, Recitation, in_words, recitation, recited


def ids_of(text: str) -> NDArray[np.uint16]:
    return np.array([ord(character) for character in text], dtype=np.uint16)


def slowly(text: str, source: str) -> Recitation:
    """Every beginning, every length."""
    lengths = [max(n for n in range(len(text) - at + 1) if text[at : at + n] in source) for at in range(len(text))]
    if not lengths or not source:
        return Recitation(0, 0, 0, 0.0)
    begin = lengths.index(max(lengths))
    covered = {place for at, n in enumerate(lengths) if n >= LONG for place in range(at, at + n)}
    stretch = text[begin : begin + lengths[begin]]
    return Recitation(lengths[begin], begin, source.index(stretch) if stretch else 0, len(covered) / len(text))


TEXTS = st.text("ab", max_size=60) | st.text("abcdefgh ", max_size=60)


@given(TEXTS, TEXTS)
def test_it_is_what_a_slow_search_finds(text: str, source: str) -> None:
    found, expected = recitation(ids_of(text), ids_of(source)), slowly(text, source)
    assert found.length == expected.length
    assert found.share == pytest.approx(expected.share)
    assert (found.begin, found.source) == (expected.begin, expected.source)


@given(
    st.text("ab ", min_size=1, max_size=40), st.lists(st.tuples(st.integers(0, 900), st.integers(1, 80)), max_size=4)
)
def test_copied_stretches_are_found_in_blocks(own: str, copies: list[tuple[int, int]]) -> None:
    chance = np.random.default_rng(1)
    source = "".join(map(chr, chance.integers(97, 123, 1000)))
    text = own + own.join(source[at : at + size] for at, size in copies)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 64)
        patch.setattr(module, "_PAIRS", 32)
        found = recitation(ids_of(text), ids_of(source))
    expected = slowly(text, source)
    assert (found.length, found.begin, found.source) == (expected.length, expected.begin, expected.source)
    assert found.share == pytest.approx(expected.share)


def test_a_text_that_was_not_copied_has_no_long_stretch() -> None:
    chance = np.random.default_rng(2)
    text, source = (chance.integers(0, 26, size).astype(np.uint8) for size in (2_000, 100_000))
    found = recitation(text, source)
    assert 4 <= found.length <= 9, "26^6 pairs of places is about as many as there are"
    assert found.share == 0


def test_equal_symbols_without_end() -> None:
    zeros = np.zeros(300, dtype=np.uint8)
    assert recitation(zeros, np.zeros(5_000, dtype=np.uint8)) == Recitation(300, 0, 0, 1.0)


def test_runs_that_meet_in_millions_of_places() -> None:
    """A rule of dashes in a sample, and a table of them in the text: 97 million pairs, one of which is the first."""
    source = np.tile(np.repeat(np.array([1, 2], dtype=np.uint8), [80, 20]), 2_000)
    found = recitation(np.repeat(np.array([3, 1, 3], dtype=np.uint8), [1, 900, 1]), source)
    assert (found.length, found.begin, found.source) == (80, 1, 0)


def test_a_stretch_of_bytes_is_quoted_as_it_is() -> None:
    train, written = "سلام کتاب خانه دوست".encode(), "xxکتابyy".encode()
    found = recitation(np.frombuffer(written, np.uint8), np.frombuffer(train, np.uint8))
    assert in_words(found, written, of_bytes=True).startswith(
        "the longest stretch that stands in the training part: 8 of 12, 'کتاب' at position 9 there"
    )


def test_what_the_model_cannot_have_written_is_named() -> None:
    vocabulary, train = Vocabulary((b"a", b"b")), np.array([0, 1, 0], dtype=np.uint8)
    assert recited(vocabulary, b"ba", train) == Recitation(2, 0, 1, 0.0)
    assert recited(vocabulary, b"", train).length == 0
    with pytest.raises(
        UnknownSymbolsError, match="the sample has characters that the training text does not contain: 'c'"
    ):
        recited(vocabulary, b"bac", train)

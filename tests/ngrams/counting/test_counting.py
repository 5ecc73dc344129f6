"""Counting against `collections.Counter`: in blocks of any size, in memory and on disk."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.text.levels import Level, Tokenizer
from charnn.data.text.reader import Reader
from charnn.data.text.words import TOKENIZERS
from charnn.errors import CharnnError, InputError, UsageError
from charnn.ngrams.counting import growing_table, memory, statistics
from charnn.ngrams.counting.counting import count
from tests.conftest import corpus_file
from tests.ngrams.texts import reader_of

TEXTS = st.text("ab cé\u200c\n'", min_size=1, max_size=80)
LEVELS = st.sampled_from(get_args(Level))


def expected(symbols: list[Any], order: int) -> Counter[tuple[Any, ...]]:
    return Counter(zip(*(symbols[start:] for start in range(order)), strict=False))


def statistics_of(reader: Reader, order: int, top: int = 7, **options: Any) -> list[statistics.Statistics]:
    counted = count(reader, order, **options)
    return [statistics.statistics(counted, length, top) for length in range(1, order + 1)]


def agree(result: statistics.Statistics, counter: Counter[tuple[bytes, ...]]) -> None:
    # Like charnn, Counter.most_common lists equally frequent n-grams in the order of their first occurrence.
    assert [(row.symbols, row.count) for row in result.top] == counter.most_common(7)
    assert result.total == counter.total()
    assert result.types == len(counter)
    assert result.singletons == sum(count == 1 for count in counter.values())
    assert result.counts_of_counts == Counter(counter.values())


@pytest.fixture
def _spilling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows in memory at most: nearly every block goes to disk, and tables are merged three at a time."""
    monkeypatch.setattr(growing_table, "rows_in_memory", lambda memory, reader, packing: 5)
    monkeypatch.setattr(growing_table, "_FAN_IN", 3)


@pytest.mark.parametrize("order", [1, 2, 3, 9])
@pytest.mark.parametrize("block", [7, 64, 1 << 20])
def test_words_in_blocks_of_any_size(order: int, block: int) -> None:
    text = "the cat and the dog and the bird\nthe cat, and the dog: the cat!\n" * 3
    tokens = [word.encode() for word in text.replace(",", " ").replace(":", " ").replace("!", " ").split()]
    for length, result in enumerate(
        statistics_of(reader_of(text, "word", tokens="letters", block=block), order), start=1
    ):
        agree(result, expected(tokens, length))


@pytest.mark.usefixtures("_spilling")
@pytest.mark.parametrize("level", ["word", "character"])
@pytest.mark.parametrize("order", [1, 2, 3, 12])
def test_what_was_spilled_counts_the_same(level: Level, order: int) -> None:
    text = "a rose is a rose is a rose, and so on and on\nuntil the rose has no more thorns\n" * 4
    symbols = text.replace(",", "").split() if level == "word" else list(text)
    reader = reader_of(text, level, tokens="letters", block=16)
    for length, result in enumerate(statistics_of(reader, order, memory=1 << 40), start=1):
        agree(result, expected([symbol.encode() for symbol in symbols], length))


@given(TEXTS, LEVELS, st.sampled_from(list(TOKENIZERS)), st.integers(1, 4), st.integers(1, 30))
def test_any_text_at_any_level(text: str, level: Level, tokens: Tokenizer, order: int, block: int) -> None:
    reader = reader_of(text, level, tokens=tokens, block=block)
    whole = reader_of(text, level, tokens=tokens)
    names = whole.numbering
    symbols = [number for numbers in whole.blocks() for number in numbers.tolist()]
    try:
        results = statistics_of(reader, order)
    except InputError:
        assert len(symbols) < order
        return
    for length, result in enumerate(results, start=1):
        agree(result, expected([names.symbols()[number] for number in symbols], length))


@pytest.mark.parametrize("most", [0, 3])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_of_very_many_equally_frequent_ngrams_the_first_in_the_text_come_first(
    most: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "_MOST_CANDIDATES", most)
    monkeypatch.setattr(statistics, "_SEARCH_BLOCK", 8)
    singles = " ".join(f"w{chr(97 + number)}" for number in reversed(range(26)))
    text = f"zz zz zz {singles} " * times
    for length, result in enumerate(statistics_of(reader_of(text, "word", tokens="letters"), 2), start=1):
        agree(result, expected([word.encode() for word in text.split()], length))


def test_normal_forms_are_the_same_in_blocks_of_any_size() -> None:
    text = "e\u0301te\u0301\ne\u0301\n"
    for block in (1, 2, 5, 100):
        (result,) = statistics_of(reader_of(text, "character", normalize="NFC", block=block), 1)
        assert [(row.symbols[0].decode(), row.count) for row in result.top] == [("é", 3), ("\n", 2), ("t", 1)]


def test_a_full_disk_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing_table, "rows_in_memory", lambda memory, reader, packing: 5)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("r+b", buffering=0))  # noqa: SIM115
    with pytest.raises(CharnnError, match="cannot write temporary files to .*: No space left on device.*TMPDIR"):
        statistics_of(reader_of("a b c d e f g h " * 20, "word", tokens="letters", block=16), 2, memory=1 << 40)


def test_too_little_memory_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 200M, not 100M"):
        statistics_of(reader_of("a b", "word"), 1, memory=100_000_000)


def test_too_many_words_for_the_memory_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_PER_SYMBOL", 30_000_000)
    with pytest.raises(CharnnError, match="2 different words do not fit into 200M"):
        statistics_of(reader_of("a b c d", "word", block=1), 1, memory=200_000_000)


ROWS = {
    1: "the 2261, i 1267, and 1245, of 1155, a 816, to 695, was 552, in 541, that 443, my 440",
    2: "of the 309, in the 169, i had 130, i was 112, and the 109, the time 102, it was 99, to the 85, "
    "as i 78, of a 73",
    3: "the time traveller 59, the time machine 30, the medical man 24, it seemed to 16, it was a 15, "
    "here and there 15, seemed to me 14, i did not 14, i saw the 13, i began to 13",
}


def test_the_time_machine_as_the_lecture_counts_it() -> None:
    text = corpus_file("time-machine.txt").read_text()
    orders = statistics_of(reader_of(text, "word", tokens="letters"), 3, top=10)
    assert (orders[0].total, orders[0].types) == (32_775, 4_579)
    for result in orders:
        rows = [f"{b' '.join(row.symbols).decode()} {row.count}" for row in result.top]
        assert rows == ROWS[result.order].split(", ")

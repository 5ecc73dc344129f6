"""Units: characters, bytes and grapheme clusters, against the slow obvious versions."""

from __future__ import annotations

import tracemalloc
import unicodedata

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.units import UNITS, Unit
from charnn.data.text.decoding import normalized
from charnn.data.text.graphemes import cluster_starts
from charnn.data.text.units import smallest_type, units_of_source, units_of_text
from charnn.errors import InputError

# Letters, Persian letters and marks, ZWNJ and ZWJ, line ends, flags, emoji with modifiers, Hangul, Devanagari
# consonants with a linker, a prepended mark, a control, a letter beyond the first plane.
TRICKY = "\u1cf5ab بچَّٔ\u200c\u200d\r\n\t🇮🇷👩🏽💻❤️한\u1112\u1161\u11abक\u094dषि\u0600\u0301\x07𝒳"
texts = st.text(st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs"]), max_size=60)


def spelled(text: str, unit: Unit) -> list[bytes]:
    units = units_of_text(text, unit)
    assert list(units.symbols) == sorted(set(units.symbols))
    return [units.symbols[code] for code in units.codes]


@given(text=texts)
def test_characters_are_code_points(text: str) -> None:
    assert spelled(text, "character") == [character.encode() for character in text]


@given(text=texts)
def test_bytes_are_those_of_utf_8(text: str) -> None:
    assert spelled(text, "byte") == [bytes([byte]) for byte in text.encode()]


@given(text=texts)
def test_graphemes_are_those_of_the_full_rules(text: str) -> None:
    assert spelled(text, "grapheme") == [cluster.encode() for cluster in regex.findall(r"\X", text)]


@given(text=texts)
def test_cluster_starts_are_those_of_the_full_rules(text: str) -> None:
    points = np.array([ord(character) for character in text], dtype=np.uint32)
    assert cluster_starts(points).tolist() == [match.start() for match in regex.finditer(r"\X", text)]


LONG = {
    "marks": "a" + "\u0301" * 200_000,
    "marks of two kinds": "a" + "\u0301\u0323" * 100_000,
    "flags": "\U0001f1ee" * 200_001,
    "joined pictures": "\U0001f469\u200d" * 100_000 + "\U0001f469",
    "a conjunct": "\u0915\u094d" * 100_000 + "\u0915",
    "Hangul": "\u1100" * 200_000,
    "clusters of many lengths": "".join("a" + "\u0301" * length for length in range(600)),
}


@pytest.mark.parametrize("name", LONG)
def test_clusters_without_end_take_memory_in_proportion(name: str) -> None:
    """Some rules look back without bound; a slow way takes the square of the length, hours or gigabytes."""
    text = LONG[name]
    tracemalloc.start()
    units = units_of_text(text, "grapheme")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * len(text)
    lengths = {"flags": 100_001, "clusters of many lengths": 600}
    assert len(units.codes) == lengths.get(name, 1)
    assert b"".join(units.symbols[code] for code in units.codes).decode() == text


MARKS = st.text("\u0301\u0323\u0327\u05b0\u3099\u0345", min_size=90, max_size=130)


@given(st.lists(st.sampled_from("aéか") | MARKS, max_size=4))
def test_many_marks_are_normalized_as_few_are(pieces: list[str]) -> None:
    for form in ("NFC", "NFKC"):
        assert normalized("".join(pieces), form) == unicodedata.normalize(form, "".join(pieces))


def test_persian_clusters_hold_marks_and_the_non_joiner() -> None:
    assert [cluster.decode() for cluster in spelled("می\u200cرَوّم", "grapheme")] == ["م", "ی\u200c", "رَ", "وّ", "م"]


def test_every_byte_is_a_symbol_of_itself() -> None:
    units = units_of_source(bytes(range(256)) * 2, "noise", "byte")
    assert units.symbols == tuple(bytes([byte]) for byte in range(256))
    assert units.codes.tolist() == list(range(256)) * 2


@pytest.mark.parametrize(
    ("count", "expected"), [(256, np.uint8), (257, np.uint16), (65536, np.uint16), (65537, np.uint32)]
)
def test_ids_take_the_smallest_type_that_fits(count: int, expected: type) -> None:
    assert smallest_type(count) is expected


def test_long_texts_are_encoded_by_arrays() -> None:
    """No Python object is made for each character: that would take gigabytes and minutes."""
    text = "سلام دنیا، world! " * 100_000
    tracemalloc.start()
    for unit in ("character", "grapheme"):
        units_of_text(text, unit)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * len(text)


@pytest.mark.parametrize("unit", UNITS)
def test_an_empty_text_is_refused(unit: Unit) -> None:
    with pytest.raises(InputError, match="nothing.txt is empty"):
        units_of_source(b"", "nothing.txt", unit)

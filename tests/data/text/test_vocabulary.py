"""The vocabulary: from a text to ids and back, and units that it does not contain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.units import UNITS, Unit
from charnn.data.text.units import units_of_text
from charnn.data.text.vocabulary import UnknownSymbolsError, Vocabulary
from charnn.errors import RunError

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
kinds = st.sampled_from(UNITS)


def vocabulary_of(text: str, unit: Unit) -> Vocabulary:
    return Vocabulary(units_of_text(text, unit).symbols, unit)


@given(text=texts, unit=kinds)
def test_a_text_comes_back_from_its_ids(text: str, unit: Unit) -> None:
    vocabulary = vocabulary_of(text, unit)
    ids = vocabulary.encode(vocabulary.units(text), "text")
    assert vocabulary.text(ids) == text
    assert vocabulary.join(ids) == text.encode()


@given(text=texts, unit=kinds)
def test_a_vocabulary_comes_back_from_its_file(text: str, unit: Unit) -> None:
    vocabulary = vocabulary_of(text, unit)
    assert Vocabulary.from_json(vocabulary.to_json(), "v.json") == vocabulary


@given(text=texts, other=texts, unit=kinds)
def test_another_text_has_the_same_ids_or_is_refused(text: str, other: str, unit: Unit) -> None:
    vocabulary = vocabulary_of(text, unit)
    units = vocabulary.units(other)
    known = [units.symbols[code] for code in units.codes if units.symbols[code] in vocabulary.ids]
    assert vocabulary.join(vocabulary.encode(units, "other", skip_unknown=True)) == b"".join(known)
    if len(known) < len(units.codes):
        with pytest.raises(UnknownSymbolsError):
            vocabulary.encode(units, "other")


def test_unknown_symbols_are_named_with_their_positions() -> None:
    vocabulary = vocabulary_of("abc", "character")
    with pytest.raises(UnknownSymbolsError) as raised:
        vocabulary.encode(vocabulary.units("cab x، bxyzwv"), "the prime")
    message = str(raised.value)
    assert message.startswith("the prime has characters that the training text does not contain: ' ' (U+0020) at ")
    assert "' ' (U+0020) at position 3, " in message
    assert "'x' (U+0078) at position 4, '،' (U+060C) at position 5" in message
    assert message.endswith("and 2 more")


def test_a_prime_is_normalised_as_the_text_was() -> None:
    vocabulary = Vocabulary(("é".encode(),), "character", "NFC")
    assert vocabulary.encode(vocabulary.units("e\u0301"), "the prime").tolist() == [0]


@pytest.mark.parametrize(
    "document",
    ["", "[]", "{}", '{"unit": "character", "normalize": "none", "symbols": ["b", "a"]}', "null",
     '{"unit": "word", "normalize": "none", "symbols": ["a"]}',
     '{"unit": "byte", "normalize": "none", "symbols": [256]}',
     '{"unit": "character", "normalize": "none", "symbols": []}'],
)  # fmt: skip
def test_a_damaged_file_is_refused(document: str) -> None:
    with pytest.raises(RunError, match="v.json"):
        Vocabulary.from_json(document, "v.json")

"""The symbols of a text, and how they are shown."""

from __future__ import annotations

from charnn.analysis.units.symbols import shown_alone, shown_in_line, symbol_names, symbols_of
from charnn.data.text.units import units_of_source
from charnn.data.text.vocabulary import Vocabulary


def test_a_character_of_several_bytes_is_at_its_last() -> None:
    units = units_of_source("aé “".encode() + b"\xff", "the text", "byte")
    vocabulary = Vocabulary(units.symbols, "byte")
    assert symbols_of(vocabulary, units.codes) == ["a", "", "é", " ", "", "", "“", "�"]

    assert symbol_names(vocabulary)[:2] == [" ", "a"]
    assert symbol_names(vocabulary)[-1] == "0xff"


def test_every_symbol_can_be_seen() -> None:
    assert [shown_alone(symbol) for symbol in "a \n\r\t\u200c"] == ["a", "␣", "↵", "←", "\\t", "\\u200c"]
    assert [shown_in_line(symbol) for symbol in "a \n\r"] == ["a", " ", "↵\n", "←"]

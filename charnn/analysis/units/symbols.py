"""The symbols of a text, and how they are shown."""

from __future__ import annotations

import codecs

from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary


def symbols_of(vocabulary: Vocabulary, ids: Ids) -> list[str]:
    """The symbols of a text; where the unit is the byte, a character is at its last byte, and the others are empty."""
    if vocabulary.unit == "byte":
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return [decoder.decode(vocabulary.symbols[number]) for number in ids]
    names = [symbol.decode() for symbol in vocabulary.symbols]
    return [names[number] for number in ids]


def symbol_names(vocabulary: Vocabulary) -> list[str]:
    """Every symbol of a vocabulary by itself; a byte that is not a character is named by its number."""
    return [_name(symbol, vocabulary.unit) for symbol in vocabulary.symbols]


def _name(symbol: bytes, unit: str) -> str:
    return f"0x{symbol[0]:02x}" if unit == "byte" and symbol[0] > 127 else symbol.decode()


def shown_alone(symbol: str) -> str:
    """A symbol by itself: spaces, joiners and control characters are made visible."""
    visible = shown_in_line(symbol).rstrip("\n").replace(" ", "␣")
    return visible if visible.isprintable() else visible.encode("unicode_escape").decode()


def shown_in_line(symbol: str) -> str:
    """A symbol in its line: a mark comes before the end of the line, so that the colour of that symbol is seen."""
    return symbol.replace("\r", "←").replace("\n", "↵\n")

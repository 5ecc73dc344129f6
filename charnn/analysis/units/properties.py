"""Simple properties of a text, one number for each of its symbols, that units of a network are compared with.

A property says what holds once a symbol has been read, as a state does: an opening quotation mark is inside the
quotation, the closing one outside. A symbol is a character or a grapheme cluster. An empty one (the first bytes of a
character, where the unit is the byte) changes nothing but the position in the line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.errors import UsageError, one_of

Values = NDArray[np.float64]

_LINE_ENDS = ("\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029")
# Each opening mark with the marks that close it. Single marks are left out: nothing tells ’ from an apostrophe.
_QUOTATIONS = {'"': '"', "“": "”", "„": "“”", "«": "»", "「": "」", "『": "』"}
_BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》", "〈": "〉"}
_APOSTROPHES = "'’ʼ"
_JOINERS = "\u00ad\u200c\u200d"


@dataclass(frozen=True)
class Property:
    """A number for each symbol of a text.

    Attributes:
        words: what it is.
        measure: from N symbols to (N,) numbers.
        binary: whether all numbers are 0 or 1.
    """

    words: str
    measure: Callable[[Sequence[str]], Values]
    binary: bool


def position_in_line(symbols: Sequence[str]) -> Values:
    """How many symbols of the line have been read; 0 after its end."""
    values = np.zeros(len(symbols))
    position = 0
    for index, symbol in enumerate(symbols):
        position = 0 if symbol in _LINE_ENDS else position + 1
        values[index] = position
    return values


def inside_quotation(symbols: Sequence[str]) -> Values:
    """1 from an opening quotation mark to the symbol before the closing one; quotations inside it are part of it.

    A straight mark opens and closes in turns. A blank line ends every quotation: where one goes on over several
    paragraphs, each of them opens it again.
    """
    values = np.zeros(len(symbols))
    closing = ""
    for index, (symbol, blank) in enumerate(zip(symbols, _blank_lines(symbols), strict=True)):
        mark = symbol[:1]
        if blank or (mark and mark in closing):
            closing = ""
        elif not closing:
            closing = _QUOTATIONS.get(mark, "")
        values[index] = closing != ""
    return values


def inside_brackets(symbols: Sequence[str]) -> Values:
    """1 from an opening bracket to the symbol before its closing one; a blank line closes all."""
    values = np.zeros(len(symbols))
    closing: list[str] = []
    for index, (symbol, blank) in enumerate(zip(symbols, _blank_lines(symbols), strict=True)):
        mark = symbol[:1]
        if blank:
            closing.clear()
        elif mark in _BRACKETS:
            closing.append(_BRACKETS[mark])
        elif mark in closing:
            # Brackets that were opened later and never closed end here too.
            while closing.pop() != mark:
                pass
        values[index] = bool(closing)
    return values


def after_capital(symbols: Sequence[str]) -> Values:
    """1 where the symbol before is a capital letter."""
    capital = np.array([symbol[:1].isupper() for symbol in symbols], dtype=np.float64)
    return np.concatenate([np.zeros(1), capital])[: len(symbols)]


def word_length(symbols: Sequence[str]) -> Values:
    """How many letters and digits of the word have been read; 0 between words.

    Vowel signs, joiners and apostrophes are parts of a word, but are not counted.
    """
    values = np.zeros(len(symbols))
    length = 0
    for index, symbol in enumerate(symbols):
        if symbol[:1].isalnum():
            length += 1
        elif not _belongs_to_word(symbol):
            length = 0
        values[index] = length
    return values


PROPERTIES = {
    "position": Property("position in the line", position_in_line, binary=False),
    "quotation": Property("inside quotation marks", inside_quotation, binary=True),
    "brackets": Property("inside brackets", inside_brackets, binary=True),
    "capital": Property("after a capital letter", after_capital, binary=True),
    "word-length": Property("length of the word so far", word_length, binary=False),
}


def find_property(name: str) -> Property:
    """The property of that name.

    Raises:
        UsageError: there is none of that name; the message lists those that there are.
    """
    if name not in PROPERTIES:
        raise UsageError(f"unknown property `{name}`{one_of(name, list(PROPERTIES))}")
    return PROPERTIES[name]


def _belongs_to_word(symbol: str) -> bool:
    mark = symbol[:1]
    return not mark or mark in _APOSTROPHES + _JOINERS or unicodedata.category(mark).startswith("M")


def _blank_lines(symbols: Sequence[str]) -> list[bool]:
    """Whether each symbol ends a line of nothing but white space."""
    ends_blank_line = []
    blank, before = False, ""
    for symbol in symbols:
        ends = symbol in _LINE_ENDS
        # Where CR and LF are two symbols, the second does not end a line of its own.
        second = symbol == "\n" and before == "\r"
        ends_blank_line.append(ends and blank and not second)
        blank = ends or (blank and not symbol.strip())
        before = symbol
    return ends_blank_line

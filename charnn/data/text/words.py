"""Three rules that cut a text into words.

`letters`: a run of A–Z and a–z, lower-cased; everything else separates words.
`unicode-words`: a run of letters and numbers of any script with their marks, lower-cased, by the word boundaries of
Unicode UAX #29 with the differences below.
`whitespace`: a run of anything but white space, unchanged.

By UAX #29 a word goes on over one apostrophe, full stop or middle dot between two letters, over one apostrophe, full
stop or comma between two digits, and over a quotation mark between two Hebrew letters. What is not seen is skipped (the
zero-width joiner and non-joiner, which Persian writes inside words, the soft hyphen, the word joiner, marks of
direction): it neither ends a word nor begins one, and at the end of a word it does not belong to it. Different are:

- Letters of Han, Kana, Thai and other scripts without blanks make one word as long as they run: UAX #29 leaves them to
  a dictionary.
- A colon and an underscore separate words: `key:value` and `_emphasis_` are more usual than their use inside words.
- An apostrophe at the end of a Hebrew word does not belong to it: it may close a quotation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

import numpy as np
import regex
from numpy.typing import NDArray

from charnn.data.text.code_points import classify, points_of, text_of
from charnn.data.text.levels import Tokenizer

Word = bytes | str

_SPACE = ord(" ")
_LETTERS = bytes(
    ord(chr(byte).lower()) if chr(byte).isascii() and chr(byte).isalpha() else _SPACE for byte in range(256)
)


class _Kind(IntEnum):
    """What a code point is to the rules of `unicode-words`."""

    SEPARATOR = 0
    LETTER = 1
    HEBREW = 2
    DIGIT = 3
    NUMBER = 4  # a number that is not a digit: ½, Ⅷ
    MARK = 5
    UNSEEN = 6
    BETWEEN_LETTERS = 7
    BETWEEN_DIGITS = 8
    BETWEEN_BOTH = 9
    QUOTATION = 10


# The first pattern that matches decides.
_PATTERNS = {
    _Kind.HEBREW: r"\p{WB=Hebrew_Letter}",
    _Kind.LETTER: r"\p{L}",
    _Kind.DIGIT: r"\p{Nd}",
    _Kind.NUMBER: r"\p{N}",
    _Kind.MARK: r"\p{M}",
    _Kind.UNSEEN: r"[\p{Cf}&&[\p{WB=Format}\p{WB=ZWJ}\p{WB=Extend}]]",
    _Kind.SEPARATOR: r"[:\ufe13\ufe55\uff1a]",
    _Kind.BETWEEN_LETTERS: r"\p{WB=MidLetter}",
    _Kind.BETWEEN_DIGITS: r"\p{WB=MidNum}",
    _Kind.BETWEEN_BOTH: r"[\p{WB=MidNumLet}\p{WB=Single_Quote}]",
    _Kind.QUOTATION: r"\p{WB=Double_Quote}",
}
_COMPILED = {kind: regex.compile(pattern, regex.V1) for kind, pattern in _PATTERNS.items()}


def letters(text: str) -> Sequence[Word]:
    """Runs of A–Z and a–z, lower-cased."""
    return text.encode(errors="replace").translate(_LETTERS).split()


def unicode_words(text: str) -> Sequence[Word]:
    """Runs of letters and numbers with their marks, lower-cased."""
    points = points_of(text.lower())
    kinds = classify(points, _kind)
    return text_of(np.where(_in_words(kinds), points, np.uint32(_SPACE))).split()


def whitespace(text: str) -> Sequence[Word]:
    """Runs of anything but white space."""
    return text.split()


TOKENIZERS: dict[Tokenizer, Callable[[str], Sequence[Word]]] = {
    "letters": letters,
    "unicode-words": unicode_words,
    "whitespace": whitespace,
}


def default_tokenizer(is_ascii: bool) -> Tokenizer:
    """The rule that is used unless another is chosen: `letters` for an ASCII text, `unicode-words` for any other."""
    return "letters" if is_ascii else "unicode-words"


# Scripts whose words stand without blanks between them.
_UNBROKEN = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}\p{Script=Tibetan}]{2,}"
)


def unbroken(words: Sequence[bytes]) -> str | None:
    """A word that is a run of letters of a script without blanks, if there is one."""
    found = _UNBROKEN.search(b" ".join(words).decode())
    return None if found is None else found[0]


def _kind(character: str) -> int:
    return next((kind for kind, pattern in _COMPILED.items() if pattern.match(character)), _Kind.SEPARATOR)


def _in_words(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which code points belong to words."""
    is_solid = (kinds != _Kind.MARK) & (kinds != _Kind.UNSEEN)
    solid = kinds[is_solid]
    inside: NDArray[np.bool_] = (solid >= _Kind.LETTER) & (solid <= _Kind.NUMBER)
    inside[1:-1] |= _joins(solid[:-2], solid[1:-1], solid[2:])
    if len(solid) == len(kinds):
        return inside
    # The solid code point that each mark or unseen one stands after; −1 at the beginning of the text.
    base = np.cumsum(is_solid) - 1
    goes_on = inside & np.append(inside[1:], False)
    last_mark = np.full(len(solid), -1)
    marks = np.flatnonzero((kinds == _Kind.MARK) & (base >= 0))
    last_mark[base[marks]] = marks  # of several the last stays
    found: NDArray[np.bool_] = np.zeros(len(kinds), dtype=bool)
    found[is_solid] = inside
    loose = np.flatnonzero(~is_solid)
    loose = loose[base[loose] >= 0]
    after = base[loose]
    found[loose] = inside[after] & (goes_on[after] | (loose <= last_mark[after]))
    return found


def _joins(before: NDArray[np.uint8], here: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether what stands between two code points joins them: WB6, WB7, WB7b, WB7c, WB11 and WB12."""
    hebrew = (before == _Kind.HEBREW) & (after == _Kind.HEBREW)
    letters = (before >= _Kind.LETTER) & (before <= _Kind.HEBREW) & (after >= _Kind.LETTER) & (after <= _Kind.HEBREW)
    digits = (before == _Kind.DIGIT) & (after == _Kind.DIGIT)
    joined: NDArray[np.bool_] = (
        (letters & ((here == _Kind.BETWEEN_LETTERS) | (here == _Kind.BETWEEN_BOTH)))
        | (digits & ((here == _Kind.BETWEEN_DIGITS) | (here == _Kind.BETWEEN_BOTH)))
        | (hebrew & (here == _Kind.QUOTATION))
    )
    return joined

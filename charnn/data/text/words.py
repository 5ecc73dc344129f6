"""Three rules that cut a text into words.

`letters`: a run of A–Z and a–z, lower-cased; everything else separates words.
`unicode-words`: a run of letters, marks and numbers of any script, lower-cased. Between two of them it may contain an
apostrophe, or the zero-width joiner or non-joiner (U+200D, U+200C), which Persian writes inside words.
`whitespace`: a run of anything but white space, unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import regex

from charnn.data.text.code_points import classify, points_of, text_of
from charnn.data.text.levels import Tokenizer

Word = bytes | str

_SPACE = ord(" ")
_LETTERS = bytes(
    ord(chr(byte).lower()) if chr(byte).isascii() and chr(byte).isalpha() else _SPACE for byte in range(256)
)
_SEPARATOR, _JOINER, _PART = range(3)
_IS_PART = regex.compile(r"[\p{L}\p{M}\p{N}]")
_JOINERS = "'’\u200c\u200d"


def letters(text: str) -> Sequence[Word]:
    """Runs of A–Z and a–z, lower-cased."""
    return text.encode(errors="replace").translate(_LETTERS).split()


def unicode_words(text: str) -> Sequence[Word]:
    """Runs of letters, marks and numbers, lower-cased, with single apostrophes and joiners between them."""
    points = points_of(text.lower())
    kinds = classify(points, _kind)
    part = kinds == _PART
    inside = np.zeros(len(points), dtype=bool)
    inside[1:-1] = part[:-2] & part[2:] & (kinds[1:-1] == _JOINER)
    return text_of(np.where(part | inside, points, np.uint32(_SPACE))).split()


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


def _kind(character: str) -> int:
    return _PART if _IS_PART.match(character) else _JOINER if character in _JOINERS else _SEPARATOR

"""Texts of strangers (names, samples, n-grams) in a form that a terminal only shows, and that a person can read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len

_JOINERS = "\u200c\u200d"
# Control characters but the line feed and the tab, and what Python makes of bytes that are not UTF-8.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MOST_MARKS = 4
"""Code points that a cell may hold for each column of the terminal; more are a heap of marks."""


def legible(text: str) -> str:
    """A text whose characters move no cursor and send no escape: these are shown as escapes themselves."""
    return _UNSAFE.sub(lambda match: _escape(match[0]), text)


def visible(text: str) -> str:
    """A text on one line, in which everything that cannot be seen is shown as an escape; joiners of letters stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _JOINERS else _escape(c) for c in text)


def shown_unit(text: str) -> str:
    """One unit of a text, shown so that blanks and lone joiners are seen."""
    return text.encode("unicode_escape").decode() if text in _JOINERS else visible(text).replace(" ", "␣")


def with_line_feeds(text: str) -> str:
    """A text whose lines all end in a line feed; a carriage return would write them over each other."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def width_of(text: str) -> int:
    """How many columns of a terminal a text takes: 2 for a wide character, 0 for a mark."""
    return len(text) if text.isascii() else cell_len(text)


def shortened(text: str, width: int) -> str:
    """A text in at most `width` columns: an ellipsis stands for the middle of a longer one; a run keeps its number."""
    if len(text) <= _MOST_MARKS * width and width_of(text) <= width:
        return text
    head, tail = (width - 1) // 2, width // 2
    beginning = "".join(_fitting(text[: _MOST_MARKS * width], head))
    return f"{beginning}…{_end(text, tail)}"


def _end(text: str, width: int) -> str:
    """As many code points as fit at the end; a mark whose letter does not fit is left out too."""
    if not width:
        return ""
    found = "".join(_fitting(reversed(text[-_MOST_MARKS * width :]), width))[::-1]
    bare = next((place for place, character in enumerate(found) if width_of(character)), len(found))
    return found[bare:]


def _fitting(characters: Iterable[str], width: int) -> Iterable[str]:
    for character in characters:
        width -= width_of(character)
        if width < 0:
            return
        yield character


def _escape(character: str) -> str:
    # Python turns a byte that is not UTF-8, in a file's name say, into a lone surrogate.
    byte = ord(character) - 0xDC00
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else character.encode("unicode_escape").decode()

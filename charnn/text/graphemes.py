"""Grapheme clusters (what a reader calls one character) of long texts, by arrays instead of a scan.

Nearly all borders follow from two neighbouring code points: a code point that never joins anything stands
alone, and a mark joins whatever is before it unless that is a control. Only stretches with other code
points (emoji, Hangul, Indic conjuncts, flags, CR LF) are handed to the full rules of Unicode UAX #29, as
`regex` implements them.
"""

from __future__ import annotations

import numpy as np
import regex
from numpy.typing import NDArray

_INERT, _MARK, _OTHER = 0, 1, 2
_IS_INERT = regex.compile(r"[\p{GCB=Other}--\p{ExtPict}--\p{InCB=Consonant}]|\n", regex.V1)
_IS_MARK = regex.compile(r"[\p{GCB=Extend}--\p{InCB=Linker}]", regex.V1)
_CLUSTER = regex.compile(r"\X")
_NEWLINE, _RETURN = 10, 13


def cluster_starts(codes: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Where each grapheme cluster begins, in code points.

    Args:
        codes: (N,) the code points of a text.
    """
    kinds = _kinds(codes)
    begins = kinds != _MARK
    begins[1:] |= codes[:-1] == _NEWLINE
    begins[:1] = True
    hard = kinds == _OTHER
    if hard.any():
        _apply_full_rules(codes, begins, hard)
    return np.flatnonzero(begins)


def _kinds(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    present = np.zeros(0x110000, dtype=bool)
    present[codes] = True
    table = np.zeros(0x110000, dtype=np.uint8)
    for code in np.flatnonzero(present):
        character = chr(code)
        table[code] = _INERT if _IS_INERT.match(character) else _MARK if _IS_MARK.match(character) else _OTHER
    return table[codes]


def _apply_full_rules(codes: NDArray[np.uint32], begins: NDArray[np.bool_], hard: NDArray[np.bool_]) -> None:
    """Set the borders of every stretch that holds a hard code point, from one sure border to the next.

    A border before an inert code point is sure when the one before it is inert too, or a newline that
    follows anything but a carriage return.
    """
    calm = ~hard & begins
    sure = np.flatnonzero(calm[1:] & calm[:-1] & (codes[1:] != _NEWLINE)) + 1
    stops = np.append(sure, len(codes))
    done = 0
    for position in np.flatnonzero(hard):
        if position < done:
            continue
        after = int(np.searchsorted(stops, position, side="right"))
        first = int(stops[after - 1]) if after else 0
        done = int(stops[after])
        stretch = codes[first:done].tobytes().decode("utf-32-le", "surrogatepass")
        begins[first:done] = False
        begins[[first + match.start() for match in _CLUSTER.finditer(stretch)]] = True

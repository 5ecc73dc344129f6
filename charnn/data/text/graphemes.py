"""Grapheme clusters (what a reader calls one character) of long texts, found by arrays instead of a scan.

Nearly all borders between clusters follow from two neighbouring code points. A code point that joins nothing is a
cluster of its own; a mark joins the code point before it, unless that is a control; CR LF is one cluster. Only
stretches with other code points (emoji, Hangul, Indic conjuncts, flags) need the full rules of Unicode UAX #29, as
`regex` implements them.
"""

from __future__ import annotations

import numpy as np
import regex
from numpy.typing import NDArray

from charnn.data.text.code_points import Points, classify, text_of

_INERT, _CONTROL, _MARK, _OTHER = range(4)
_IS_INERT = regex.compile(r"[\p{GCB=Other}--\p{ExtPict}--\p{InCB=Consonant}]", regex.V1)
_IS_CONTROL = regex.compile(r"[\p{GCB=Control}\r\n]", regex.V1)
_IS_MARK = regex.compile(r"[\p{GCB=Extend}--\p{InCB=Linker}]", regex.V1)
_CLUSTER = regex.compile(r"\X")
_NEWLINE, _RETURN = 10, 13


def cluster_starts(codes: Points) -> NDArray[np.int64]:
    """The index, in code points, at which each grapheme cluster begins.

    Args:
        codes: (N,) the code points of a text.
    """
    kinds = classify(codes, _kind)
    begins = kinds != _MARK
    begins[1:] |= kinds[:-1] == _CONTROL
    begins[1:] &= (codes[:-1] != _RETURN) | (codes[1:] != _NEWLINE)
    begins[:1] = True
    hard = kinds == _OTHER
    if hard.any():
        _apply_full_rules(codes, begins, hard)
    return np.flatnonzero(begins)


def _kind(character: str) -> int:
    for kind, pattern in ((_INERT, _IS_INERT), (_CONTROL, _IS_CONTROL), (_MARK, _IS_MARK)):
        if pattern.match(character):
            return kind
    return _OTHER


def _apply_full_rules(codes: Points, begins: NDArray[np.bool_], hard: NDArray[np.bool_]) -> None:
    """Set the borders in every stretch that contains a hard code point, from one sure border to the next.

    A border between two code points is sure if both begin a cluster and neither is hard.
    """
    calm = ~hard & begins
    sure = np.flatnonzero(calm[1:] & calm[:-1]) + 1
    stops = np.append(sure, len(codes))
    done = 0
    for position in np.flatnonzero(hard):
        if position < done:
            continue
        after = int(np.searchsorted(stops, position, side="right"))
        first = int(stops[after - 1]) if after else 0
        done = int(stops[after])
        stretch = text_of(codes[first:done])
        begins[first:done] = False
        begins[[first + match.start() for match in _CLUSTER.finditer(stretch)]] = True

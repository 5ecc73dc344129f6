"""Grapheme clusters (what a reader calls one character) by the rules of Unicode UAX #29, found by arrays.

Whether a cluster goes on from one code point to the next follows from the kinds of these two. Three rules look further
back: pictures that a joiner joins, Indic conjuncts, and flags, which are pairs of regional indicators. They find what
they look for by running maxima, so that no text takes more than linear time.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import regex
from numpy.typing import NDArray

from charnn.data.text.code_points import Points, classify

_Kinds = NDArray[np.uint8]


class _Kind(IntEnum):
    """What a code point is to the rules."""

    OTHER = 0
    RETURN = 1
    NEWLINE = 2
    CONTROL = 3
    PICTURE = 4
    CONSONANT = 5
    LINKER = 6
    JOINER = 7
    CONJOINING = 8  # extends a cluster, and may stand between the consonants of a conjunct
    EXTEND = 9
    SPACING = 10
    PREPEND = 11
    FLAG = 12
    L = 13
    V = 14
    T = 15
    LV = 16
    LVT = 17
    LINKING_LETTER = 18  # links, and extends nothing


# The first pattern that matches decides.
_PATTERNS = {
    _Kind.RETURN: r"\r",
    _Kind.NEWLINE: r"\n",
    _Kind.CONTROL: r"\p{GCB=Control}",
    _Kind.PICTURE: r"\p{ExtPict}",
    _Kind.CONSONANT: r"\p{InCB=Consonant}",
    _Kind.LINKER: r"[\p{InCB=Linker}&&\p{GCB=Extend}]",
    _Kind.LINKING_LETTER: r"\p{InCB=Linker}",
    _Kind.JOINER: r"\p{GCB=ZWJ}",
    _Kind.CONJOINING: r"[\p{GCB=Extend}&&\p{InCB=Extend}]",
    _Kind.EXTEND: r"\p{GCB=Extend}",
    _Kind.SPACING: r"\p{GCB=SpacingMark}",
    _Kind.PREPEND: r"\p{GCB=Prepend}",
    _Kind.FLAG: r"\p{GCB=Regional_Indicator}",
    **{kind: rf"\p{{GCB={kind.name}}}" for kind in (_Kind.L, _Kind.V, _Kind.T, _Kind.LV, _Kind.LVT)},
}
_COMPILED = {kind: regex.compile(pattern, regex.V1) for kind, pattern in _PATTERNS.items()}
_EXTENDING = (_Kind.LINKER, _Kind.CONJOINING, _Kind.EXTEND)
_LINKING = (_Kind.LINKER, _Kind.LINKING_LETTER)
_BREAKING = (_Kind.RETURN, _Kind.NEWLINE, _Kind.CONTROL)


def _pairs() -> NDArray[np.bool_]:
    """Whether a cluster goes on from a code point of the first kind to one of the second: GB3 to GB9b."""
    goes_on = np.zeros((len(_Kind), len(_Kind)), dtype=bool)
    for first, seconds in {
        _Kind.L: (_Kind.L, _Kind.V, _Kind.LV, _Kind.LVT),
        _Kind.LV: (_Kind.V, _Kind.T),
        _Kind.V: (_Kind.V, _Kind.T),
        _Kind.LVT: (_Kind.T,),
        _Kind.T: (_Kind.T,),
    }.items():
        goes_on[first, seconds] = True
    goes_on[:, [*_EXTENDING, _Kind.JOINER, _Kind.SPACING]] = True
    goes_on[_Kind.PREPEND, :] = True
    goes_on[_BREAKING, :] = False
    goes_on[:, _BREAKING] = False
    goes_on[_Kind.RETURN, _Kind.NEWLINE] = True
    return goes_on


_GOES_ON = _pairs()


def cluster_starts(codes: Points) -> NDArray[np.int64]:
    """The index, in code points, at which each grapheme cluster begins.

    Args:
        codes: (N,) the code points of a text.
    """
    kinds = classify(codes, _kind)
    goes_on = np.zeros(len(kinds), dtype=bool)
    goes_on[1:] = _GOES_ON[kinds[:-1], kinds[1:]]
    for needed, rule in (((_Kind.JOINER,), _pictures), (_LINKING, _conjuncts), ((_Kind.FLAG,), _flags)):
        if np.isin(kinds, needed).any():
            goes_on |= rule(kinds)
    return np.flatnonzero(~goes_on)


def _kind(character: str) -> int:
    return next((kind for kind, pattern in _COMPILED.items() if pattern.match(character)), _Kind.OTHER)


def _pictures(kinds: _Kinds) -> NDArray[np.bool_]:
    """GB11: a picture goes on with another after a joiner, with marks before it."""
    before = _last_that_is_not(kinds, _EXTENDING)
    places = 1 + np.flatnonzero((kinds[1:] == _Kind.PICTURE) & (kinds[:-1] == _Kind.JOINER))
    places = places[places > 1]
    found = before[places - 2]
    return _at(places[(found >= 0) & (kinds[found] == _Kind.PICTURE)], len(kinds))


def _conjuncts(kinds: _Kinds) -> NDArray[np.bool_]:
    """GB9c: a consonant belongs to the linker before it, with marks between them."""
    before = _last_that_is_not(kinds, (_Kind.CONJOINING, _Kind.JOINER))
    places = 1 + np.flatnonzero(kinds[1:] == _Kind.CONSONANT)
    found = before[places - 1]
    return _at(places[(found >= 0) & np.isin(kinds[found], _LINKING)], len(kinds))


def _flags(kinds: _Kinds) -> NDArray[np.bool_]:
    """GB12 and GB13: in a run of regional indicators each second one goes on with the one before."""
    before = _last_that_is_not(kinds, (_Kind.FLAG,))
    places = np.flatnonzero(kinds == _Kind.FLAG)
    return _at(places[(places - before[places]) % 2 == 0], len(kinds))


def _last_that_is_not(kinds: _Kinds, skipped: tuple[_Kind, ...]) -> NDArray[np.int64]:
    """For each place, the last one up to it whose kind is none of these; −1 where there is none."""
    others = ~np.isin(kinds, skipped)
    found: NDArray[np.int64] = np.maximum.accumulate(np.where(others, np.arange(len(kinds)), -1))
    return found


def _at(places: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    marked = np.zeros(length, dtype=bool)
    marked[places] = True
    return marked

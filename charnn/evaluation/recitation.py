"""Writing or reciting: which stretches of a text stand in another, symbol for symbol.

For a place s of the text, L_s is the length of the longest stretch that begins there and stands in the other text. What
begins in both with the same seed of symbols is found by hashes over all windows of the long text, block by block, and
then compared symbol by symbol, so that the long text may be of any length. No torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.code_points import points_of
from charnn.data.text.units import Ids, units_of_source
from charnn.data.text.vocabulary import Vocabulary

LONG = 30
"""From this length on, a stretch is one that nobody writes by chance."""

_SHOWN = 60
_SEED = 16
_BLOCK = 1 << 22
_BASE = 0x9E3779B97F4A7C15
_FILTER_BITS = 20
_PAIRS = 1 << 20

_Places = NDArray[np.int64]


@dataclass(frozen=True)
class Recitation:
    """What of a text of N symbols stands in another one.

    Attributes:
        length: the length of the longest stretch that does.
        begin: where it begins in the text.
        source: where it first stands in the other one.
        share: the share of the text's symbols that lie in stretches of `LONG` symbols and more.
    """

    length: int
    begin: int
    source: int
    share: float


def recited(vocabulary: Vocabulary, written: bytes, train: Ids) -> Recitation:
    """What of a text that a model wrote stands in its training part, in characters; for the unit `byte`, in bytes.

    Raises:
        UnknownSymbolsError: the text has symbols that the model cannot have written.
    """
    if vocabulary.unit == "grapheme":
        return recitation(points_of(written.decode()), points_of(vocabulary.text(train)))
    if not written:
        return recitation(train[:0], train)
    units = units_of_source(written, "the sample", vocabulary.unit)
    return recitation(vocabulary.encode(units, "the sample"), train)


def recitation(text: Ids, source: Ids) -> Recitation:
    """What of a text stands in another one.

    Args:
        text: (N,) the ids of a text of a length that was drawn, thousands say.
        source: (M,) the ids of the other, which need not fit into memory.
    """
    if not len(text) or not len(source):
        return Recitation(0, 0, 0, 0.0)
    lengths, sources = _matches(text, source, _SEED)
    if not lengths.any():
        lengths, sources = _shorter_matches(text, source)
    begin = int(lengths.argmax())
    return Recitation(int(lengths[begin]), begin, int(sources[begin]), _share(lengths))


def in_words(found: Recitation, written: bytes, *, of_bytes: bool = False) -> str:
    """What was found, as a sentence.

    Args:
        found: of a text.
        written: the text.
        of_bytes: whether the model that wrote it writes bytes, and what was found is counted in them.
    """
    text = written if of_bytes else written.decode()
    stretch = text[found.begin : found.begin + found.length]
    shown = stretch.decode(errors="backslashreplace") if isinstance(stretch, bytes) else stretch
    if len(shown) > _SHOWN:
        shown = f"{shown[: _SHOWN // 2]}…{shown[-_SHOWN // 2 :]}"
    return (
        f"the longest stretch that stands in the training part: {found.length} of {len(text)}, {shown!r} at position"
        f" {found.source:,} there; {found.share:.1%} lie in stretches of {LONG} and more"
    )


def _share(lengths: _Places) -> float:
    """The share of places that lie in a long stretch, whichever one."""
    ends = np.where(lengths >= LONG, np.arange(len(lengths)) + lengths, 0)
    return float((np.maximum.accumulate(ends) > np.arange(len(lengths))).mean())


def _shorter_matches(text: Ids, source: Ids) -> tuple[_Places, _Places]:
    """The longest stretches of less than a seed: the largest length of which one stands in the source."""
    least, most = 0, min(_SEED, len(text) + 1, len(source) + 1)
    found = np.zeros(len(text), dtype=np.int64), np.zeros(len(text), dtype=np.int64)
    while most - least > 1:
        middle = (least + most) // 2
        lengths, sources = _matches(text, source, middle)
        if lengths.any():
            least, found = middle, (lengths, sources)
        else:
            most = middle
    return found


def _matches(text: Ids, source: Ids, seed: int) -> tuple[_Places, _Places]:
    """(N,) L_s, 0 where it is less than the seed, and (N,) where the stretch first stands in the source."""
    lengths, sources = np.zeros(len(text), dtype=np.int64), np.zeros(len(text), dtype=np.int64)
    if min(len(text), len(source)) < seed:
        return lengths, sources
    wanted = _hashes(text, seed)
    order = np.argsort(wanted, kind="stable")
    ranked = wanted[order]
    may_occur = np.zeros(1 << _FILTER_BITS, dtype=bool)
    may_occur[_slots(ranked)] = True
    for begin in range(0, len(source) - seed + 1, _BLOCK):
        own = _hashes(np.asarray(source[begin : begin + _BLOCK + seed - 1]), seed)
        hits = np.flatnonzero(may_occur[_slots(own)])
        first, last = (np.searchsorted(ranked, own[hits], side) for side in ("left", "right"))
        counts = last - first
        # Runs of one symbol meet in very many places: so many pairs at a time.
        for chosen in np.split(np.arange(len(hits)), np.flatnonzero(np.diff(np.cumsum(counts) // _PAIRS)) + 1):
            places = order[_ranges(first[chosen], counts[chosen])]
            found = np.repeat(hits[chosen], counts[chosen]) + begin
            _keep_longest(lengths, sources, text, source, places, found)
    lengths[lengths < seed] = 0
    # What begins inside of a stretch is the rest of it, where no longer one begins there.
    for place in range(1, len(lengths)):
        rest, at = lengths[place - 1] - 1, sources[place - 1] + 1
        if rest >= seed and (rest, -at) > (lengths[place], -sources[place]):
            lengths[place], sources[place] = rest, at
    return lengths, sources


def _keep_longest(lengths: _Places, sources: _Places, text: Ids, source: Ids, places: _Places, found: _Places) -> None:
    """Take in the stretches that begin at pairs of places, of the text and of the source, and not before them."""
    begins = (places == 0) | (found == 0) | (text[places - 1] != source[found - 1])
    places, found = places[begins], found[begins]
    size = _extended(text, source, places, found)
    # The longest for each place, and of equally long ones that which stands first.
    best = np.lexsort((found, -size, places))
    best = best[np.flatnonzero(np.diff(places[best], prepend=-1))]
    longer = best[size[best] > lengths[places[best]]]
    lengths[places[longer]], sources[places[longer]] = size[longer], found[longer]


def _hashes(ids: Ids, length: int) -> NDArray[np.uint64]:
    """Σ_j (ids[i + j] + 1) · b^(length − 1 − j) modulo 2^64 for every window, from those of 1, 2, 4, … symbols."""
    windows, size, base = ids.astype(np.uint64) + np.uint64(1), 1, _BASE
    result, done = np.zeros(0, dtype=np.uint64), 0
    while True:
        factor = np.uint64(base)
        if length & size:
            part = windows[done:]
            result = result[: len(part)] * factor + part[: len(result)] if done else part
            done += size
        if done == length:
            return result[: len(ids) - length + 1]
        windows = windows[:-size] * factor + windows[size:]
        size, base = 2 * size, base * base % (1 << 64)


def _slots(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Where hashes stand in the filter: their highest bits, which depend on all symbols."""
    return hashes >> np.uint64(64 - _FILTER_BITS)


def _ranges(begins: _Places, counts: _Places) -> _Places:
    """The numbers from each beginning on, so many of each, one range after the other."""
    ends = np.cumsum(counts)
    places: _Places = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begins - (ends - counts), counts)
    return places


def _extended(text: Ids, source: Ids, places: _Places, found: _Places) -> _Places:
    """How many symbols agree from a place of the text and one of the source on, for many pairs of them."""
    size = np.zeros(len(places), dtype=np.int64)
    room = np.minimum(len(text) - places, len(source) - found)
    going = np.flatnonzero(room > 0)
    while len(going):
        same = text[places[going] + size[going]] == source[found[going] + size[going]]
        going = going[same]
        size[going] += 1
        going = going[size[going] < room[going]]
    return size

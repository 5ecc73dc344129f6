"""N-grams as numbers: n symbols are the digits of one 64-bit key, or of several where they do not fit.

The first symbol is the most significant digit, so that keys in ascending order are n-grams in lexicographic
order and all n-grams that begin alike stand together. Digit 0 means "after the end of the text"; symbol i is
the digit i + 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from charnn.errors import InputError, UsageError

Keys = NDArray[np.uint64]
"""(M, W) n-grams as keys of W words each."""


def check_order(order: int, length: int | None = None, what: str = "symbols") -> None:
    """Refuse an order of n-grams that a text of so many symbols cannot have.

    Raises:
        UsageError: it is not at least 1.
        InputError: it is larger than the text.
    """
    if order < 1:
        raise UsageError(f"the order must be at least 1, not {order}")
    if length is not None and order > length:
        raise InputError(f"the order, {order}, is larger than the text, which has {length} {what}")


@dataclass(frozen=True)
class Packing:
    """How n-grams of `order` symbols become keys: as many digits to the `base` a word as 64 bits hold."""

    order: int
    base: int

    @classmethod
    def of(cls, order: int, symbols: int) -> Packing:
        """The packing of n-grams over so many symbols."""
        return cls(order, symbols + 1)

    @cached_property
    def digits_per_word(self) -> int:
        """How many digits one 64-bit word holds."""
        digits = 1
        while digits < self.order and self.base ** (digits + 1) <= 1 << 64:
            digits += 1
        return digits

    @cached_property
    def words(self) -> list[range]:
        """Which digits (0 is the first symbol) each word of a key holds."""
        cuts = [*range(0, self.order, self.digits_per_word), self.order]
        return [range(begin, end) for begin, end in pairwise(cuts)]

    def keys(self, ids: NDArray[np.unsignedinteger]) -> Keys:
        """The n-grams that begin at each of the first N − order + 1 places of N digits (not symbols)."""
        count = len(ids) - self.order + 1
        keys = np.empty((count, len(self.words)), dtype=np.uint64)
        for column, word in zip(keys.T, self.words, strict=True):
            column[:] = ids[word.start : word.start + count]
            for place in word[1:]:
                column *= np.uint64(self.base)
                column += ids[place : place + count]
        return keys

    def digit(self, keys: Keys, place: int) -> NDArray[np.int64]:
        """The digit at a place (0 is the first symbol) of every key."""
        number, offset = divmod(place, self.digits_per_word)
        word = self.words[number]
        shifted = keys[:, number] // np.uint64(self.base ** (len(word) - 1 - offset))
        return (shifted % np.uint64(self.base)).astype(np.int64)

    def prefixes(self, keys: Keys, order: int) -> Keys:
        """The first `order` symbols of every key, as keys of the packing of that order and the same base."""
        shorter = Packing(order, self.base)
        cut = keys[:, : len(shorter.words)].copy()
        last = len(shorter.words) - 1
        cut[:, last] //= np.uint64(self.base ** (len(self.words[last]) - len(shorter.words[last])))
        return cut

    def repacked(self, keys: Keys, other: Packing) -> Keys:
        """The same n-grams in a packing of the same order and a larger base; their order stays as it is."""
        again = np.zeros((len(keys), len(other.words)), dtype=np.uint64)
        for column, word in zip(again.T, other.words, strict=True):
            for place in word:
                column *= np.uint64(other.base)
                column += self.digit(keys, place).astype(np.uint64)
        return again

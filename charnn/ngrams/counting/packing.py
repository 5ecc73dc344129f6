"""N-grams as numbers: n symbols are the digits of one 64-bit word, or of several if they do not fit into one.

The first symbol is the most significant digit. So ascending keys are n-grams in lexicographic order, and all n-grams
with the same beginning are next to each other. The digit 0 means "after the end of the text"; symbol i is the digit
i + 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from charnn.errors import InputError, UsageError

Keys = NDArray[np.uint64]
"""(M, W) n-grams, each a key of W words."""


def check_order(order: int, length: int | None = None, what: str = "symbols") -> None:
    """Refuse an order that n-grams of a text of this length cannot have.

    Args:
        what: what the length counts.

    Raises:
        UsageError: it is not at least 1.
        InputError: it is larger than the length of the text.
    """
    if order < 1:
        raise UsageError(f"the order must be at least 1, not {order}")
    if length is not None and order > length:
        raise InputError(f"the order, {order}, is larger than the text, which has {length} {what}")


@dataclass(frozen=True)
class Packing:
    """How n-grams of `order` symbols become keys: each word holds as many digits of base `base` as fit into 64 bits."""

    order: int
    base: int

    @classmethod
    def of(cls, order: int, symbols: int) -> Packing:
        """The packing of n-grams over this many symbols."""
        return cls(order, symbols + 1)

    @cached_property
    def digits_per_word(self) -> int:
        """How many digits one word holds."""
        digits = 1
        while digits < self.order and self.base ** (digits + 1) <= 1 << 64:
            digits += 1
        return digits

    @cached_property
    def words(self) -> list[range]:
        """The positions (0 is the first symbol) of the digits that each word of a key holds."""
        cuts = [*range(0, self.order, self.digits_per_word), self.order]
        return [range(begin, end) for begin, end in pairwise(cuts)]

    def keys(self, digits: NDArray[np.unsignedinteger]) -> Keys:
        """(N − order + 1, W) the n-grams that begin at each of the first N − order + 1 of N digits."""
        count = len(digits) - self.order + 1
        keys = np.empty((count, len(self.words)), dtype=np.uint64)
        for column, word in zip(keys.T, self.words, strict=True):
            column[:] = digits[word.start : word.start + count]
            for position in word[1:]:
                column *= np.uint64(self.base)
                column += digits[position : position + count]
        return keys

    def digit(self, keys: Keys, position: int) -> NDArray[np.int64]:
        """(M,) the digit at a position (0 is the first symbol) of every key."""
        number, offset = divmod(position, self.digits_per_word)
        word = self.words[number]
        shifted = keys[:, number] // np.uint64(self.base ** (len(word) - 1 - offset))
        return (shifted % np.uint64(self.base)).astype(np.int64)

    def prefixes(self, keys: Keys, order: int) -> Keys:
        """The first `order` symbols of every key, as keys of the packing with that order and the same base."""
        shorter = Packing(order, self.base)
        cut = keys[:, : len(shorter.words)].copy()
        last = len(shorter.words) - 1
        cut[:, last] //= np.uint64(self.base ** (len(self.words[last]) - len(shorter.words[last])))
        return cut

    def repacked(self, keys: Keys, other: Packing) -> Keys:
        """The same n-grams, in the same sequence, as keys of a packing with the same order and a larger base."""
        again = np.zeros((len(keys), len(other.words)), dtype=np.uint64)
        for column, word in zip(again.T, other.words, strict=True):
            for position in word:
                column *= np.uint64(other.base)
                column += self.digit(keys, position).astype(np.uint64)
        return again

"""Counts that grow while a text is read, over a model that stays.

    p_k(w|h) = (c(h w) + t(h) p_{k−1}(w|h')) / (c(h) + t(h)),    k = 3, …, 8

over the contexts of k symbols that the text had so far: c counts what followed, t how many different symbols did. Below
the shortest one stands the other model. Shorter contexts would say again, from less text, what that one knows.

Source: Witten & Bell, "The zero-frequency problem", 1991; Kuhn & De Mori, "A cache-based natural language model for
speech recognition", 1990, for counts of what was read just now.

V symbols in the vocabulary
"""

from __future__ import annotations

from collections.abc import Sequence

from charnn.ngrams.trie import Floats

SHORTEST, LONGEST = 3, 8


class GrowingCounts:
    """What followed each context of the text that was read so far."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._counts: dict[tuple[int, ...], dict[int, int]] = {}

    def probability(self, before: Sequence[int], symbol: int, other: float) -> tuple[float, int]:
        """The probability of a symbol after those before it, and the length of the longest context that was found.

        Args:
            before: the symbols before it, at least the last 8 if there are as many.
            symbol: the symbol.
            other: its probability in the other model.
        """
        p, found = other, self._found(before)
        for counts in found:
            total, types = sum(counts.values()), len(counts)
            p = (counts.get(symbol, 0) + types * p) / (total + types)
        return p, _length(found)

    def distribution(self, before: Sequence[int], other: Floats) -> tuple[Floats, int]:
        """(V,) the same for every symbol."""
        p, found = other, self._found(before)
        for counts in found:
            total, types = sum(counts.values()), len(counts)
            p = p * (types / (total + types))
            for symbol, count in counts.items():
                p[symbol] += count / (total + types)
        return p, _length(found)

    def add(self, before: Sequence[int], symbol: int) -> None:
        """Count a symbol after those before it."""
        for length in range(SHORTEST, min(LONGEST, len(before)) + 1):
            counts = self._counts.setdefault(tuple(before[-length:]), {})
            counts[symbol] = counts.get(symbol, 0) + 1

    def _found(self, before: Sequence[int]) -> list[dict[int, int]]:
        """What followed each context that was read before, the shortest one first."""
        found = []
        for length in range(SHORTEST, min(LONGEST, len(before)) + 1):
            counts = self._counts.get(tuple(before[-length:]))
            if counts is None:
                break
            found.append(counts)
        return found


def _length(found: Sequence[object]) -> int:
    """How many symbols the longest of the contexts has that were found; 0 if there is none."""
    return SHORTEST + len(found) - 1 if found else 0

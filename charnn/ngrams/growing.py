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

import numpy as np

from charnn.data.text.units import Ids
from charnn.ngrams.stored import StoredModel
from charnn.ngrams.trie import build_trie

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


def grown_model(ids: Ids, symbols: int) -> StoredModel:
    """The counts of a text that was read, as a model that grows no more; it stands over another one.

    Args:
        ids: the text.
        symbols: V.
    """
    levels = build_trie(ids, symbols, min(LONGEST + 1, len(ids)))
    alphas, gammas, contexts = [], [], 1
    for length, level in enumerate(levels):
        parents, says = level.parents, length >= SHORTEST
        total = np.bincount(parents, level.counts, contexts) + np.bincount(parents, minlength=contexts)
        alphas.append(level.counts / total[parents] if says else np.zeros(len(level)))
        gammas.append(np.asarray(1 - np.bincount(parents, alphas[-1], contexts), dtype=np.float64))
        contexts = len(level)
    return StoredModel(symbols, levels, alphas, gammas, shortest=SHORTEST)

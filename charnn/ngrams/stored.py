"""A Markov model of one order as a run keeps it: small, and without the counts that it was made of.

    p_k(w|h) = α(h w) + γ(h) p_{k−1}(w|h'),    p_0(w) = 1/V,    γ(h) = 1 − Σ_w α(h w)

Each n-gram has its last symbol and its α, each context the number of its n-grams; γ follows, so that what is read back
sums to one whatever α was rounded to.

M n-grams of a length · C contexts · N symbols · V symbols in the vocabulary
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids
from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.trie import Floats, Level, find_nodes

MOST_FOUND = 1 << 21
"""So many probabilities are kept, for contexts that come again."""


@dataclass(frozen=True)
class StoredModel:
    """The model of one order.

    Attributes:
        vocabulary: V.
        levels: the n-grams of each length.
        alphas: (M,) α of each length.
        gammas: (C,) γ of each length.
    """

    vocabulary: int
    levels: Sequence[Level]
    alphas: Sequence[Floats]
    gammas: Sequence[Floats]

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return len(self.levels)

    @property
    def size(self) -> int:
        """How many n-grams it holds."""
        return sum(map(len, self.levels))

    @classmethod
    def of(cls, model: Interpolated) -> StoredModel:
        """The model of the highest order."""
        used = [*model.lower[: model.order - 1], model.highest[-1]]
        levels = [Level(model.vocabulary, level.parents, level.last) for level in model.levels]
        exact = cls(model.vocabulary, levels, [one.alpha for one in used], [one.gamma for one in used])
        # What is used is what a file would hold.
        return cls.from_arrays(exact.arrays(), model.vocabulary, model.order)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], vocabulary: int, order: int) -> StoredModel:
        """The model that `arrays` gave."""
        levels, alphas, gammas = [], [], []
        for length in range(1, order + 1):
            sizes = arrays[f"{length}.sizes"].astype(np.int64)
            parents, alpha = np.repeat(np.arange(len(sizes)), sizes), arrays[f"{length}.alpha"].astype(np.float64)
            levels.append(Level(vocabulary, parents, arrays[f"{length}.last"].astype(np.int64)))
            alphas.append(alpha)
            gammas.append(np.asarray(1 - np.bincount(parents, alpha, len(sizes)), dtype=np.float64))
        return cls(vocabulary, levels, alphas, gammas)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What a file holds of it."""
        found: dict[str, NDArray[np.generic]] = {}
        for length, (level, alpha, gamma) in enumerate(zip(self.levels, self.alphas, self.gammas, strict=True), 1):
            found[f"{length}.last"] = level.last.astype(np.int32)
            found[f"{length}.sizes"] = np.bincount(level.parents, minlength=len(gamma)).astype(np.int32)
            found[f"{length}.alpha"] = alpha.astype(np.float32)
        return found

    def probabilities(self, ids: Ids) -> Floats:
        """(N,) the probability of each symbol after those before it."""
        p = np.full(len(ids), 1 / self.vocabulary)
        for index, (contexts, grams) in enumerate(find_nodes(self.levels, ids)):
            alpha = np.where(grams >= 0, self.alphas[index][grams], 0.0)
            p = alpha + np.where(contexts >= 0, self.gammas[index][contexts], 1.0) * p
        return p

    def distribution(self, context: Ids) -> Floats:
        """(V,) the probability of each symbol after `context`."""
        return Cursor(self, context.tolist()).distribution()

    @cached_property
    def found(self) -> dict[tuple[int, int], Floats]:
        """The distributions after some contexts, by length and number: short ones come again and again."""
        return {}

    @cached_property
    def begins(self) -> Sequence[memoryview]:
        """For each length, where the n-grams of each context begin among all of that length, and where they all end."""
        return [
            np.searchsorted(level.parents, np.arange(len(gamma) + 1)).data
            for level, gamma in zip(self.levels, self.gammas, strict=True)
        ]

    @cached_property
    def last(self) -> Sequence[memoryview]:
        """For each length, the last symbol of every n-gram."""
        return [level.last.data for level in self.levels]


class Cursor:
    """A place in a text that is written: what comes next, symbol by symbol."""

    def __init__(self, model: StoredModel, before: Sequence[int]) -> None:
        """Begin after some symbols."""
        self._model = model
        self._nodes = [0]
        for symbol in before[-(model.order - 1) :] if model.order > 1 else []:
            self.advance(symbol)

    def advance(self, symbol: int) -> None:
        """Go on behind a symbol."""
        after = [0]
        for length, node in enumerate(self._nodes[: self._model.order - 1]):
            begins, last = self._model.begins[length], self._model.last[length]
            place = bisect_left(last, symbol, begins[node], begins[node + 1])
            if place == begins[node + 1] or last[place] != symbol:
                break
            after.append(place)
        self._nodes = after

    def distribution(self) -> Floats:
        """(V,) the probability of each symbol."""
        model = self._model
        length, p = self._longest_found()
        for node in self._nodes[length:]:
            own = slice(model.begins[length][node], model.begins[length][node + 1])
            p *= model.gammas[length][node]
            p[model.levels[length].last[own]] += model.alphas[length][own]
            length += 1
            if len(model.found) * model.vocabulary < MOST_FOUND:
                model.found[length, node] = p.copy()
        return p

    def _longest_found(self) -> tuple[int, Floats]:
        """The longest context whose distribution was found before, and a copy of that; length 0: none was."""
        for length in range(len(self._nodes), 0, -1):
            found = self._model.found.get((length, self._nodes[length - 1]))
            if found is not None:
                return length, found.copy()
        return 0, np.full(self._model.vocabulary, 1 / self._model.vocabulary)

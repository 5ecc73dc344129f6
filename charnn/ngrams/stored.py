"""A Markov model of one order as a run keeps it: small, and without the counts that it was made of.

    p_k(w|h) = α(h w) + γ(h) p_{k−1}(w|h'),    p_0(w) = 1/V,    γ(h) = 1 − Σ_w α(h w)

Each n-gram has its last symbol and its α, each context the number of its n-grams; γ follows, so that what is read back
sums to one whatever α was rounded to.

M n-grams of a length · C contexts · N symbols · V symbols in the vocabulary
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids
from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.trie import Floats, Level, Nodes, find_nodes


@dataclass(frozen=True)
class StoredModel:
    """The model of one order.

    Attributes:
        vocabulary: V.
        levels: the n-grams of each length.
        alphas: (M,) α of each length.
        gammas: (C,) γ of each length.
        shortest: shorter contexts than that say nothing: their α is 0 and their γ 1.
    """

    vocabulary: int
    levels: Sequence[Level]
    alphas: Sequence[Floats]
    gammas: Sequence[Floats]
    shortest: int = 0

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
        """The model that `arrays` gave.

        Raises:
            ValueError: they are not those of a model.
        """
        # Compiled code follows these numbers without looking.
        if order < 1:
            raise ValueError(f"n-grams have 1 symbol at least, not {order}")
        levels, alphas, gammas = [], [], []
        contexts = 1
        for length in range(1, order + 1):
            sizes, last = arrays[f"{length}.sizes"].astype(np.int64), arrays[f"{length}.last"].astype(np.int64)
            alpha = arrays[f"{length}.alpha"].astype(np.float64)
            if sizes.shape != (contexts,) or (sizes < 0).any() or not (sizes.sum(),) == last.shape == alpha.shape:
                raise ValueError(f"the n-grams of length {length} do not belong to those before them")
            if ((last < 0) | (last >= vocabulary)).any():
                raise ValueError(f"there are n-grams of length {length} with symbols beyond {vocabulary}")
            if not ((alpha >= 0) & (alpha <= 1)).all():
                raise ValueError(f"there are n-grams of length {length} with an α that is not between 0 and 1")
            contexts, parents = len(last), np.repeat(np.arange(len(sizes)), sizes)
            levels.append(Level(vocabulary, parents, last))
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

    @cached_property
    def begins(self) -> Sequence[Nodes]:
        """For each length, (C + 1,) where the n-grams of each context begin, and where they all end."""
        return [
            np.searchsorted(level.parents, np.arange(len(gamma) + 1))
            for level, gamma in zip(self.levels, self.gammas, strict=True)
        ]


class Cursor:
    """A place in a text that is written: what comes next, symbol by symbol.

    Attributes:
        nodes: the places of the last 0, 1, … symbols among the n-grams of their length, as long as there are any.
    """

    def __init__(self, model: StoredModel, before: Sequence[int]) -> None:
        """Begin after some symbols."""
        self._model = model
        self.nodes = [0]
        for symbol in before[-(model.order - 1) :] if model.order > 1 else []:
            self.advance(symbol)

    def advance(self, symbol: int) -> None:
        """Go on behind a symbol."""
        after = [0]
        for length, node in enumerate(self.nodes[: self._model.order - 1]):
            begins, last = self._model.begins[length].data, self._model.levels[length].last.data
            place = bisect_left(last, symbol, begins[node], begins[node + 1])
            if place == begins[node + 1] or last[place] != symbol:
                break
            after.append(place)
        self.nodes = after

    @property
    def longest(self) -> int:
        """The length of the longest context that something follows in the model; 0 where those are all too short."""
        return max((length for length, _ in self._contexts()), default=0)

    def distribution(self, other: Floats | None = None) -> Floats:
        """(V,) the probability of each symbol.

        Args:
            other: (V,) what stands below the shortest context instead of 1/V.
        """
        model = self._model
        p = np.full(model.vocabulary, 1 / model.vocabulary) if other is None else other.copy()
        for length, node in self._contexts():
            own = slice(model.begins[length][node], model.begins[length][node + 1])
            p *= model.gammas[length][node]
            p[model.levels[length].last[own]] += model.alphas[length][own]
        return p

    def _contexts(self) -> Iterator[tuple[int, int]]:
        """Length and node of each context that says something, the shortest one first."""
        for length, node in enumerate(self.nodes):
            begins = self._model.begins[length]
            if begins[node] == begins[node + 1]:
                return
            if length >= self._model.shortest:
                yield length, node

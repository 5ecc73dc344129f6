"""Markov models of order 1 to n that interpolate each order with the next shorter one.

    p_k(w|h) = α(h w) + γ(h) p_{k−1}(w|h'),    p_0(w) = 1/V,

where h are the k − 1 symbols before w and h' is h without its first symbol. α is 0 where h w does not occur, and
γ(h) is 1 where h does not; a smoothing says what they are elsewhere. Whatever α takes from the counts, γ gives
back to the shorter context, so that every p_k(·|h) sums to one.

Source: Chen & Goodman, "An empirical study of smoothing techniques for language modeling", 1999.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.types import Section
from charnn.data.text.units import Ids
from charnn.ngrams.counting.table import Counts
from charnn.ngrams.trie import Level, Nodes, grow, trace

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Children:
    """The counts of the n-grams of one length, and the context that each stands in.

    Attributes:
        counts: (M,) c(h w).
        contexts: (M,) which h it is.
        size: C, how many contexts there are.
        vocabulary: V.
    """

    counts: Counts
    contexts: Nodes
    size: int
    vocabulary: int

    @cached_property
    def totals(self) -> Floats:
        """(C,) c(h) = Σ_w c(h w)."""
        return np.bincount(self.contexts, self.counts, self.size).astype(np.float64)

    def types(self, least: int, most: float = np.inf) -> Floats:
        """(C,) how many different w follow h with a count from `least` to `most`: N_c(h •)."""
        chosen = (self.counts >= least) & (self.counts <= most)
        return np.bincount(self.contexts, chosen, self.size).astype(np.float64)


@dataclass(frozen=True)
class Weights:
    """α (M,) of the n-grams of one length and γ (C,) of their contexts."""

    alpha: Floats
    gamma: Floats

    @classmethod
    def of(cls, children: Children, kept: Floats | Counts, left: Floats, totals: Floats) -> Weights:
        """The weights α = kept(h w) / total(h) and γ = left(h) / total(h).

        A context after which nothing was counted (the text ends with it) leaves all to the shorter one.
        """
        counted = totals > 0
        totals = np.where(counted, totals, 1.0)
        return cls(kept / totals[children.contexts], np.where(counted, left / totals, 1.0))

    def mix(self, contexts: Nodes, grams: Nodes, shorter: Floats) -> Floats:
        """p_k of N symbols from their p_{k−1}."""
        alpha = np.where(grams >= 0, self.alpha[grams], 0.0)
        return alpha + np.where(contexts >= 0, self.gamma[contexts], 1.0) * shorter


class Interpolated(ABC):
    """The models of order 1 to n of one text, each made of the same counts.

    Attributes:
        continuation: whether the shorter contexts of a model count in how many contexts an n-gram occurs,
            N_1+(• h w), instead of how often.
        to_uniform: whether every order is interpolated with 1/V instead of the next shorter one.
    """

    continuation: ClassVar[bool] = False
    to_uniform: ClassVar[bool] = False

    def __init__(self, options: Section, ids: Ids, vocabulary: int, order: int) -> None:
        self.options = options
        self.vocabulary = vocabulary
        self.order = order
        self.levels = grow(ids, vocabulary, order)
        sizes = [1, *map(len, self.levels)]
        self.children = [
            Children(level.counts, level.parents, size, vocabulary)
            for level, size in zip(self.levels, sizes, strict=False)
        ]
        self.highest = [self.weigh(children) for children in self.children]
        self.lower = self.highest
        if self.continuation:
            self.lower = [
                self.weigh(Children(_continuations(longer, level), level.parents, size, vocabulary))
                for level, longer, size in zip(self.levels, self.levels[1:], sizes, strict=False)
            ]

    @abstractmethod
    def weigh(self, children: Children) -> Weights:
        """α and γ for the counts of one length."""

    def probabilities(self, ids: Ids) -> Floats:
        """(order, N) the probability of each symbol after those before it, in the model of each order."""
        shorter = np.full(len(ids), 1 / self.vocabulary)
        rows = []
        for place, (contexts, grams) in enumerate(trace(self.levels, ids)):
            rows.append(self.highest[place].mix(contexts, grams, shorter))
            if not self.to_uniform and place < len(self.lower):
                shorter = self.lower[place].mix(contexts, grams, shorter)
        return np.array(rows)

    def distributions(self, context: Ids) -> Floats:
        """(order, V) the probability of each symbol of the vocabulary after `context`, in the model of each order."""
        shorter = np.full(self.vocabulary, 1 / self.vocabulary)
        rows = []
        for place, node in enumerate(self.contexts(context)):
            rows.append(self._spread(self.highest[place], place, node, shorter))
            if not self.to_uniform and place < len(self.lower):
                shorter = self._spread(self.lower[place], place, node, shorter)
        return np.array(rows)

    def contexts(self, context: Ids) -> Iterator[int]:
        """The nodes of the last 0, 1, …, n − 1 symbols of a context."""
        recent = context[max(0, len(context) - self.order + 1) :]
        yield 0
        for _, grams in trace(self.levels[:-1], recent):
            yield int(grams[-1]) if len(grams) else -1

    def _spread(self, weights: Weights, place: int, node: int, shorter: Floats) -> Floats:
        """p_k(·|h) from p_{k−1}(·|h')."""
        if node < 0:
            return shorter
        level = self.levels[place]
        children = level.children(node)
        p: Floats = weights.gamma[node] * shorter
        p[level.last[children]] += weights.alpha[children]
        return p


def _continuations(longer: Level, level: Level) -> Counts:
    """N_1+(• w): before how many different symbols each n-gram of a level occurs."""
    return np.bincount(longer.suffixes, minlength=len(level))

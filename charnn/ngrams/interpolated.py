"""Markov models of order 1 to n in which each order is interpolated with the next shorter one.

    p_k(w|h) = α(h w) + γ(h) p_{k−1}(w|h'),    p_0(w) = 1/V,

where h are the k − 1 symbols before w, and h' is h without its first symbol. α(h w) is 0 if h w does not occur, and
γ(h) is 1 if h does not. In all other cases a smoothing defines them. The probability that α takes away from the
relative frequencies is what γ gives to the shorter context, so that every p_k(·|h) sums to one.

Source: Chen & Goodman, "An empirical study of smoothing techniques for language modeling", 1999.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import ClassVar

import numpy as np

from charnn.configuration.types import Section
from charnn.data.text.units import Ids
from charnn.ngrams.counting.table import Counts
from charnn.ngrams.models import MarkovModel
from charnn.ngrams.trie import Floats, Nodes, TrieLevel, build_trie, find_nodes


@dataclass(frozen=True)
class NgramCounts:
    """The counts of the M n-grams of one length, each a context h and a symbol w.

    Attributes:
        counts: (M,) c(h w).
        contexts: (M,) the index of h.
        size: C, the number of contexts.
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

    @cached_property
    def followers(self) -> Floats:
        """(C,) the number of different w that follow h: N_1+(h •)."""
        return self.types(1)

    def types(self, least: int, most: float = np.inf) -> Floats:
        """(C,) the number of different w that follow h with a count from `least` to `most`: N_c(h •)."""
        chosen = (self.counts >= least) & (self.counts <= most)
        return np.bincount(self.contexts, chosen, self.size).astype(np.float64)


@dataclass(frozen=True)
class Weights:
    """The weights of the n-grams of one length.

    Attributes:
        alpha: (M,) α of each n-gram.
        gamma: (C,) γ of each context.
        fixed: whether they were made with fixed discounts, because the counts allow no estimate.
    """

    alpha: Floats
    gamma: Floats
    fixed: bool = False

    @classmethod
    def of(
        cls, counts: NgramCounts, kept: Floats | Counts, left: Floats, totals: Floats, *, fixed: bool = False
    ) -> Weights:
        """The weights α = kept(h w) / totals(h) and γ = left(h) / totals(h).

        A context with the total 0 (the text ends with it) has γ = 1.

        Args:
            kept: (M,) what remains of each count.
            left: (C,) what the shorter context gets.
            totals: (C,) what both are divided by.
            fixed: see above.
        """
        counted = totals > 0
        totals = np.where(counted, totals, 1.0)
        return cls(kept / totals[counts.contexts], np.where(counted, left / totals, 1.0), fixed)

    def mix(self, contexts: Nodes, grams: Nodes, shorter: Floats) -> Floats:
        """(N,) p_k of N symbols from their p_{k−1}."""
        alpha = np.where(grams >= 0, self.alpha[grams], 0.0)
        return alpha + np.where(contexts >= 0, self.gamma[contexts], 1.0) * shorter


class Interpolated(MarkovModel):
    """The models of order 1 to n of one text, all made from the same counts.

    Attributes:
        continuation: whether the shorter contexts of a model count the contexts before an n-gram, N_1+(• h w),
            instead of its occurrences.
        to_uniform: whether every order is interpolated with 1/V instead of the next shorter one.
    """

    Options: ClassVar[type[Section]] = Section
    continuation: ClassVar[bool] = False
    to_uniform: ClassVar[bool] = False

    def __init__(self, options: Section, ids: Ids, vocabulary: int, order: int) -> None:
        self.options = options
        self.vocabulary = vocabulary
        self.order = order
        self.levels = build_trie(ids, vocabulary, order)
        sizes = [1, *map(len, self.levels)]
        self.counts = [
            NgramCounts(level.counts, level.parents, size, vocabulary)
            for level, size in zip(self.levels, sizes, strict=False)
        ]
        self.highest = [self.weigh(counts) for counts in self.counts]
        self.lower = self.highest
        if self.continuation:
            self.lower = [
                self.weigh(NgramCounts(_continuations(longer, level), level.parents, size, vocabulary))
                for level, longer, size in zip(self.levels, self.levels[1:], sizes, strict=False)
            ]
        used = zip_longest(self.highest, self.lower)
        self.fixed_lengths = [n for n, made in enumerate(used, start=1) if any(one and one.fixed for one in made)]

    @abstractmethod
    def weigh(self, counts: NgramCounts) -> Weights:
        """α and γ for the n-grams of one length."""

    def probabilities(self, ids: Ids) -> Floats:
        """(order, N) the probability of each symbol after those before it, in the model of each order."""
        shorter = np.full(len(ids), 1 / self.vocabulary)
        rows = []
        for index, (contexts, grams) in enumerate(find_nodes(self.levels, ids)):
            rows.append(self.highest[index].mix(contexts, grams, shorter))
            if self.to_uniform and index:
                # At the start of a text the context is a shorter one, and 1/V is not its distribution.
                rows[-1][:index] = rows[-2][:index]
            if not self.to_uniform and index < len(self.lower):
                shorter = self.lower[index].mix(contexts, grams, shorter)
        return np.array(rows)

    def distributions(self, context: Ids) -> Floats:
        """(order, V) the probability of each symbol of the vocabulary after `context`, in the model of each order."""
        shorter = np.full(self.vocabulary, 1 / self.vocabulary)
        rows: list[Floats] = []
        for index, node in enumerate(self.context_nodes(context)):
            short = self.to_uniform and index > len(context)
            rows.append(rows[-1] if short else self._distribution(self.highest[index], index, node, shorter))
            if not self.to_uniform and index < len(self.lower):
                shorter = self._distribution(self.lower[index], index, node, shorter)
        return np.array(rows)

    def context_nodes(self, context: Ids) -> Iterator[int]:
        """The nodes of the last 0, 1, …, n − 1 symbols of a context."""
        recent = context[max(0, len(context) - self.order + 1) :]
        yield 0
        for _, grams in find_nodes(self.levels[:-1], recent):
            yield int(grams[-1]) if len(grams) else -1

    def _distribution(self, weights: Weights, index: int, node: int, shorter: Floats) -> Floats:
        """(V,) p_k(·|h) from p_{k−1}(·|h'), where k = index + 1 and h is the context of this node."""
        if node < 0:
            return shorter
        level = self.levels[index]
        children = level.children(node)
        p: Floats = weights.gamma[node] * shorter
        p[level.last[children]] += weights.alpha[children]
        return p


def _continuations(longer: TrieLevel, level: TrieLevel) -> Counts:
    """(M,) N_1+(• w): the number of different symbols that precede each n-gram of a level."""
    return np.bincount(longer.suffixes, minlength=len(level))

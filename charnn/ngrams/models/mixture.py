"""A mixture of modified Kneser–Ney models of all orders, with weights learned on held-out training text.

Source: Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse data", 1980. As there, the
weights depend on the kind of context and are learned, by expectation maximisation, on text that is not in the counts.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Le
from numpy.typing import NDArray

from charnn.configuration.types import Positive, Section
from charnn.data.text.units import Ids
from charnn.ngrams.interpolated import Interpolated, NgramCounts
from charnn.ngrams.models import MarkovModel
from charnn.ngrams.models.modified_kneser_ney import ModifiedKneserNey
from charnn.ngrams.trie import Floats, Nodes, find_nodes

_CLASSES = 8
"""The number of classes of counts, and of numbers of different symbols, that kinds of context distinguish."""
_ROUNDS = 50
_PRIOR = 5.0
"""Every kind of context is learned as if it had this many more held-out symbols, with the weights common to all."""

Kinds = NDArray[np.int64]


class Mixture(MarkovModel):
    """p(w|h) = Σ_j λ_j(kind of h) p_j(w|h), where p_j is the modified Kneser–Ney model of order j ≤ k.

    The kind of h consists of the length of its longest suffix that was seen, how often that suffix was seen
    (⌊log2 c⌋, up to 7), and how many different symbols followed it (up to 8). The weights are learned with models of
    the text before the held-out part, and then used with models of the whole text. If the text is too short for that,
    all orders have the same weight.
    """

    class Options(Section):
        """Its keys."""

        held_out: Annotated[Positive, Le(0.5)] = 0.1
        """The share of the text, at its end, on which the weights are learned."""

    def __init__(self, options: Options, ids: Ids, vocabulary: int, order: int) -> None:
        cut = len(ids) - int(len(ids) * options.held_out)
        self.parts: Interpolated = ModifiedKneserNey(ModifiedKneserNey.Options(), ids, vocabulary, order)
        self.vocabulary = vocabulary
        self.levels = self.parts.levels
        self.fixed_lengths = self.parts.fixed_lengths
        self.weights = [_even_weights(length) for length in range(1, order + 1)]
        if order <= cut < len(ids):
            before = ModifiedKneserNey(ModifiedKneserNey.Options(), ids[:cut], vocabulary, order)
            p, kinds = before.probabilities(ids[cut:]), _kinds_in_text(before, ids[cut:])
            self.weights = [_learn(p[:length], kinds[length - 1], length) for length in range(1, order + 1)]

    def probabilities(self, ids: Ids) -> Floats:
        """(order, N) the probability of each symbol after those before it, in the mixture of each order."""
        p = self.parts.probabilities(ids)
        return np.array(
            [
                np.einsum("nj,jn->n", weights[kinds], p[: weights.shape[1]])
                for weights, kinds in zip(self.weights, _kinds_in_text(self.parts, ids), strict=True)
            ]
        )

    def distributions(self, context: Ids) -> Floats:
        """(order, V) the probability of each symbol of the vocabulary after `context`, in the mixture of each order."""
        p = self.parts.distributions(context)
        nodes = [np.array([node]) for node in self.parts.context_nodes(context)]
        return np.array(
            [
                weights[kind[0]] @ p[: weights.shape[1]]
                for weights, kind in zip(self.weights, _kinds(self.parts.counts, nodes), strict=True)
            ]
        )


def _kinds_in_text(model: Interpolated, ids: Ids) -> list[Kinds]:
    return _kinds(model.counts, [contexts for contexts, _ in find_nodes(model.levels, ids)])


def _kinds(counts: list[NgramCounts], contexts: list[Nodes]) -> list[Kinds]:
    """The kind of each context, as a number, for the model of every order."""
    kinds = []
    kind = np.zeros(len(contexts[0]), dtype=np.int64)
    for length, (after, nodes) in enumerate(zip(counts, contexts, strict=True)):
        totals, types = after.totals[nodes], after.followers[nodes]
        seen = (nodes >= 0) & (totals > 0)
        count_class = np.minimum(np.log2(np.maximum(totals, 1)), _CLASSES - 1).astype(np.int64)
        type_class = np.clip(types - 1, 0, _CLASSES - 1).astype(np.int64)
        kind = np.where(seen, (length * _CLASSES + count_class) * _CLASSES + type_class, kind)
        kinds.append(kind)
    return kinds


def _even_weights(order: int) -> Floats:
    return np.full((order * _CLASSES**2, order), 1 / order)


def _learn(p: Floats, kinds: Kinds, order: int) -> Floats:
    """(kinds, order) the weights that nearly maximise the likelihood of the held-out text.

    One round of expectation maximisation is λ_j ← the mean over the text of λ_j p_j / Σ_i λ_i p_i.

    Args:
        p: (order, N) the probability of each held-out symbol in the model of each order.
        kinds: (N,) the kind of context of each.
    """
    common = np.full((order, 1), 1 / order)
    for _ in range(_ROUNDS):
        shares = common * p
        common = (shares / shares.sum(0)).mean(1, keepdims=True)
    by_kind = np.argsort(kinds, kind="stable")
    present, first, sizes = np.unique(kinds[by_kind], return_index=True, return_counts=True)
    p = p[:, by_kind]
    learned = np.tile(common, len(present))
    for _ in range(_ROUNDS):
        shares = np.repeat(learned, sizes, axis=1) * p
        shares /= shares.sum(0)
        learned = (np.add.reduceat(shares, first, axis=1) + _PRIOR * common) / (sizes + _PRIOR)
    weights = np.tile(common.T, (order * _CLASSES**2, 1))
    weights[present] = learned.T
    return weights

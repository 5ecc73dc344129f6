"""A mixture of modified Kneser–Ney models of all orders, with weights learned on held-out training text.

Source: Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse data", 1980: weights
that depend on the kind of context, learned by expectation maximisation on text that the counts have not seen.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Le
from numpy.typing import NDArray

from charnn.configuration.types import Positive, Section
from charnn.data.text.units import Ids
from charnn.ngrams.interpolated import Children, Floats, Interpolated
from charnn.ngrams.models import modified_kneser_ney
from charnn.ngrams.trie import Nodes, trace

_STEPS = 8
_ROUNDS = 50
_PRIOR = 5.0
"""As if so many held-out symbols of every kind of context had followed the weights of all."""

Kinds = NDArray[np.int64]


class Options(Section):
    """The share of the text, at its end, that the weights are learned on."""

    held_out: Annotated[Positive, Le(0.5)] = 0.1


class Model:
    """p(w|h) = Σ_j λ_j(kind of h) p_j(w|h), where p_j is the modified Kneser–Ney model of order j ≤ k.

    The kind of h is the length of the longest end of it that was seen, how often that was seen (⌊log2 c⌋, up to 7)
    and how many different symbols followed it (up to 8). The weights are learned with models of the text before
    the held-out part, and then used with models of the whole text. Of a text that is too short for that, all
    orders weigh the same.
    """

    def __init__(self, options: Options, ids: Ids, vocabulary: int, order: int) -> None:
        cut = len(ids) - int(len(ids) * options.held_out)
        self.parts: Interpolated = modified_kneser_ney.Model(modified_kneser_ney.Options(), ids, vocabulary, order)
        self.vocabulary = vocabulary
        self.levels = self.parts.levels
        self.weights = [_even_weights(length) for length in range(1, order + 1)]
        if order <= cut < len(ids):
            before = modified_kneser_ney.Model(modified_kneser_ney.Options(), ids[:cut], vocabulary, order)
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
        nodes = [np.array([node]) for node in self.parts.contexts(context)]
        return np.array(
            [
                weights[kind[0]] @ p[: weights.shape[1]]
                for weights, kind in zip(self.weights, _kinds(self.parts.children, nodes), strict=True)
            ]
        )


def _kinds_in_text(model: Interpolated, ids: Ids) -> list[Kinds]:
    return _kinds(model.children, [contexts for contexts, _ in trace(model.levels, ids)])


def _kinds(children: list[Children], contexts: list[Nodes]) -> list[Kinds]:
    """The kind of each context for the model of every order."""
    kinds = []
    kind = np.zeros(len(contexts[0]), dtype=np.int64)
    for place, (below, nodes) in enumerate(zip(children, contexts, strict=True)):
        counts, types = below.totals[nodes], below.types(1)[nodes]
        seen = (nodes >= 0) & (counts > 0)
        count_step = np.minimum(np.log2(np.maximum(counts, 1)), _STEPS - 1).astype(np.int64)
        type_step = np.clip(types - 1, 0, _STEPS - 1).astype(np.int64)
        kind = np.where(seen, (place * _STEPS + count_step) * _STEPS + type_step, kind)
        kinds.append(kind)
    return kinds


def _even_weights(order: int) -> Floats:
    return np.full((order * _STEPS**2, order), 1 / order)


def _learn(p: Floats, kinds: Kinds, order: int) -> Floats:
    """The weights of every kind of context under which the held-out text is likeliest, nearly.

    One round of expectation maximisation: λ_j ← the mean over the text of λ_j p_j / Σ_i λ_i p_i.
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
    weights = np.tile(common.T, (order * _STEPS**2, 1))
    weights[present] = learned.T
    return weights

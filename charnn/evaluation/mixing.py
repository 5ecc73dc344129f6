"""Weights of experts that predict the same symbol, by the kind of context. No torch.

    p(w) = Σ_j λ_j(kind) p_j(w)

On a text that was kept from all experts, the weights that make it likeliest are found by expectation maximisation:

    λ_j ← (Σ r_j + s λ̄_j) / (N + s),    r_j = λ_j p_j / Σ_i λ_i p_i

the sum over the N symbols of a kind, λ̄ the weights common to all kinds, with the strength of s symbols. Weights that
are learned on the way are the same with the sum over what was read so far, each r_j with the weights of its time.

Source: Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse data", 1980.

N symbols · J experts · K kinds
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kinds = NDArray[np.int64]

STRENGTH = 20.0
"""s."""
COMMON_STRENGTH = 50.0
"""With the strength of so many symbols the common weights begin as they are given."""
_ROUNDS = 500


class LearnedWeights:
    """Weights that are learned while a text is read.

    Attributes:
        kinds: K.
    """

    def __init__(self, prior: Sequence[float] | Floats, kinds: int) -> None:
        """Begin with the weights in `prior`, one for each expert, for every kind; or with (K, J) weights, by kind."""
        given = np.asarray(prior, dtype=np.float64)
        self.kinds = kinds
        self._prior = np.broadcast_to(given, (kinds, given.shape[-1])) * STRENGTH if given.ndim > 1 else None
        self._common = np.atleast_2d(given).mean(0) * COMMON_STRENGTH
        self._sums = np.zeros((kinds, given.shape[-1]))

    @property
    def common(self) -> Floats:
        """(J,) the weights over all that was read."""
        return np.asarray(self._common / self._common.sum())

    def of(self, kinds: Kinds) -> Floats:
        """(N, J) the weights for symbols after contexts of these kinds."""
        prior = self.common * STRENGTH if self._prior is None else self._prior[kinds]
        found = self._sums[kinds] + prior
        return np.asarray(found / found.sum(1, keepdims=True))

    def learn(self, kinds: Kinds, p: Floats) -> None:
        """Take in the (N, J) probabilities of symbols that were read."""
        joint = self.of(kinds) * p
        shares = joint / joint.sum(1, keepdims=True)
        np.add.at(self._sums, kinds, shares)
        self._common = self._common + shares.sum(0)


def fitted_weights(kinds: Kinds, p: Floats, count: int) -> Floats:
    """(K, J) the weights under which a text that no expert was trained on is likeliest.

    The text is then at least as likely as with any expert alone.

    Args:
        kinds: (N,) the kind of context of each symbol.
        p: (N, J) its probability in each expert.
        count: K.
    """
    common = np.full(p.shape[1], 1 / p.shape[1])
    for _ in range(_ROUNDS):
        joint = common * p
        common = (joint / joint.sum(1, keepdims=True)).mean(0)
    alone = np.log(np.maximum(p, 1e-300)).sum(0)
    if alone.max() > np.log(p @ common).sum():
        common = np.eye(p.shape[1])[alone.argmax()]
    weights = np.tile(common, (count, 1))
    sizes = np.bincount(kinds, minlength=count)[:, None]
    for _ in range(_ROUNDS):
        joint = weights[kinds] * p
        shares = joint / joint.sum(1, keepdims=True)
        sums = np.stack([np.bincount(kinds, column, count) for column in shares.T], axis=1)
        weights = (sums + STRENGTH * common) / (sizes + STRENGTH)
    return weights

"""Exponents of experts that answer with one of several labels. No torch.

    p(k) ∝ Π_j p_j(k)^λ_j

The λ are those that make the right answers of rows that no expert was trained on likeliest. The loss is convex in them,
and Newton's method finds them:

    ∂L/∂λ_j = Σ_r (E_p[log p_j] − log p_j(k_r)) + s (λ_j − λ̄)      ∂²L/∂λ_i ∂λ_j = Σ_r Cov_p(log p_i, log p_j) + s δ_ij

the expectations over the labels of row r. λ̄ = 1/J, with the strength s, is where they stay without rows. No λ is below
0: what an expert thinks unlikely is never likelier for that. Exponents that sum to less than one make an answer less
sure than its experts are.

Source: Klakow, "Log-linear interpolation of language models", 1998.

J experts · R rows · K labels
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from charnn.inference.decoder import log_softmax

Floats = NDArray[np.float64]

STRENGTH = 1.0
"""s, in rows."""
_ROUNDS, _CLOSE = 100, 1e-12


def combined(logs: Floats, exponents: Floats) -> Floats:
    """(R, K) the log-probability of each label.

    Args:
        logs: (J, R, K) that of each expert.
        exponents: (J,) λ.
    """
    return np.asarray(log_softmax(np.tensordot(exponents, logs, 1)))


def fitted_exponents(logs: Floats, labels: NDArray[np.int64]) -> Floats:
    """(J,) the exponents under which the labels of some rows are likeliest.

    The loss over these rows is then at most s/2 · |λ_alone − λ̄|² above that of the best expert alone.

    Args:
        logs: (J, R, K) the log-probability of each label in each expert.
        labels: (R,) the right ones.
    """
    found, taken = np.zeros(len(logs)), np.ones(len(logs), dtype=bool)
    while taken.any():
        found[taken] = _where_the_loss_is_least(logs[taken], labels, 1 / len(logs))
        if found.min() >= 0:
            break
        taken[found.argmin()] = False
        found[~taken] = 0
    return found


def _where_the_loss_is_least(logs: Floats, labels: NDArray[np.int64], prior: float) -> Floats:
    """(J,) the exponents, of whatever sign, that the prior draws to one number."""
    own = logs[:, np.arange(len(labels)), labels]

    def loss(exponents: Floats) -> float:
        right = combined(logs, exponents)[np.arange(len(labels)), labels]
        return float(STRENGTH / 2 * np.square(exponents - prior).sum() - right.sum())

    found = np.full(len(logs), prior)
    for _ in range(_ROUNDS):
        p = np.exp(combined(logs, found))
        means = np.einsum("rk,jrk->jr", p, logs)
        from_mean = logs - means[:, :, None]
        slope = (means - own).sum(1) + STRENGTH * (found - prior)
        curvature = np.einsum("rk,irk,jrk->ij", p, from_mean, from_mean) + STRENGTH * np.eye(len(logs))
        step, length = np.linalg.solve(curvature, slope), 1.0
        before = loss(found)
        while length > _CLOSE and loss(found - length * step) > before:
            length /= 2
        found = found - length * step
        if np.abs(length * step).max() < _CLOSE:
            break
    return found

"""Add-k smoothing."""

from __future__ import annotations

import numpy as np

from charnn.ngrams.model import fitting

V = 4


def test_add_k_adds_k_to_every_count() -> None:
    model = fitting("add-k", ["k=0.5"])(np.array([0, 1, 0, 1, 0, 2]), V, 2)
    np.testing.assert_allclose(model.distributions(np.array([0]))[1], np.array([0.5, 2.5, 1.5, 0.5]) / 5, rtol=1e-15)
    assert model.distributions(np.array([3]))[1].tolist() == [1 / V] * V

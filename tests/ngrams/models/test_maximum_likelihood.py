"""Relative frequencies."""

from __future__ import annotations

import numpy as np

from charnn.ngrams.model import fitting


def test_maximum_likelihood_is_relative_frequency() -> None:
    p = fitting("maximum-likelihood")(np.array([0, 1, 0, 1, 0, 2]), 4, 2).distributions(np.array([0]))
    assert p[0].tolist() == [3 / 6, 2 / 6, 1 / 6, 0]
    assert p[1].tolist() == [0, 2 / 3, 1 / 3, 0]

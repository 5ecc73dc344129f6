"""The discounts of modified Kneser–Ney; `test_kneser_ney` holds its probabilities against a slow version."""

from __future__ import annotations

import numpy as np

from charnn.ngrams.models import modified_kneser_ney


def test_the_three_discounts_are_those_of_the_paper() -> None:
    """n_1 … n_4 = 6, 3, 2, 1: Y = 1/2, so D_1 = 1/2, D_2 = 1, D_3+ = 2."""
    assert modified_kneser_ney.discounts(np.array([1] * 6 + [2] * 3 + [3] * 2 + [4, 9])) == (0.5, 1.0, 2.0)
    assert modified_kneser_ney.discounts(np.array([1] * 6 + [2] * 3 + [4, 9])) is None

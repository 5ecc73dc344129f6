"""The Markov model that a network should beat."""

from __future__ import annotations

import math

import numpy as np
import pytest

from charnn.errors import InputError
from charnn.ngrams.baseline import baseline


def test_the_baseline_is_the_best_of_both() -> None:
    rng = np.random.default_rng(1)
    ids = (np.cumsum(rng.integers(0, 2, 4000)) % 5).astype(np.uint8)
    result = baseline(ids[:3500], 5, ids[3500:])
    assert result.model in ("modified-kneser-ney", "mixture")
    assert result.score.nats == pytest.approx(math.log(2), abs=0.03)


def test_a_training_text_that_is_too_short_is_refused() -> None:
    ids = np.array([0, 0, 1, 0, 2, 1])
    with pytest.raises(InputError, match="a training text of 3 symbols is too short"):
        baseline(ids[:3], 3, ids)

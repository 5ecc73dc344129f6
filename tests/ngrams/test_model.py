"""Making models by name, and sampling from them."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.errors import ConfigError, InputError, UsageError
from charnn.ngrams.model import fitting, sample

V = 4


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="add-k.k: .*greater than 0.*"):
        fitting("add-k", ["k=0"])
    with pytest.raises(ConfigError, match="unknown key .did you mean `discount`"):
        fitting("kneser-ney", ["dicsount=0.5"])
    with pytest.raises(UsageError, match="unknown Markov model `kneser-nay` .did you mean `kneser-ney`"):
        fitting("kneser-nay")
    with pytest.raises(InputError, match="the order, 7, is larger than the text, which has 3 symbols"):
        fitting("witten-bell")(np.array([0, 1, 2]), V, 7)


def test_samples_follow_the_distribution_and_the_seed() -> None:
    model = fitting("maximum-likelihood")(np.array([0, 1, 0, 1, 0, 2, 0]), V, 2)
    drawn = list(sample(model, np.array([1]), 3000, seed=5, known=V))
    assert drawn[::2] == [0] * 1500
    assert abs(drawn.count(1) / 1500 - 2 / 3) < 0.05
    assert drawn == list(sample(model, np.array([1]), 3000, seed=5, known=V))
    assert drawn != list(sample(model, np.array([1]), 3000, seed=6, known=V))
    assert set(sample(model, np.array([1]), 100, seed=5, known=2)) == {0, 1}

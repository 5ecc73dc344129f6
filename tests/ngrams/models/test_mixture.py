"""The mixture of modified Kneser–Ney models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from charnn.errors import ConfigError
from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.model import fitting
from tests.ngrams.models.nltk_models import IDS


def test_a_mixture_is_no_worse_than_its_parts_on_what_its_weights_were_learned_on() -> None:
    """Expectation maximisation raises the likelihood of the held-out part from that of even weights on."""
    rng = np.random.default_rng(1)
    ids = np.concatenate([[0, 1, 2, rng.integers(3)] for _ in range(500)])
    mixture: Any = fitting("mixture")(ids, 3, 3)
    before: Interpolated = fitting("modified-kneser-ney")(ids[:1800], 3, 3)  # type: ignore[assignment]
    held = ids[1800:]
    parts = before.probabilities(held)
    mixture.parts = before
    mixed = mixture.probabilities(held)
    assert np.log(mixed[-1]).sum() > np.log(parts.mean(0)).sum()
    assert np.log(mixed[-1]).sum() >= np.log(parts).sum(1).max() - 0.01 * len(held)


def test_a_mixture_of_too_short_a_text_weighs_evenly() -> None:
    model = fitting("mixture")(IDS[:9], 5, 3)
    parts = fitting("modified-kneser-ney")(IDS[:9], 5, 3)
    np.testing.assert_allclose(model.probabilities(IDS)[-1], parts.probabilities(IDS).mean(0), rtol=1e-12)
    for share in (0, 0.99):
        with pytest.raises(ConfigError, match="mixture.held_out"):
            fitting("mixture", [f"held_out={share}"])

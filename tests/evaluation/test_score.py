"""Scores: one lane from the first character to the last, in pieces or not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from charnn.errors import InputError
from charnn.evaluation import score as evaluation
from charnn.evaluation.score import score
from tests.models import ALL_CELLS, random_network


@pytest.mark.parametrize("name", ALL_CELLS)
def test_every_character_but_the_first_is_counted_with_the_state_carried(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of a text that is read in pieces of 7 is that of one pass, character by character."""
    network, ids = random_network(name, layers=2), np.random.default_rng(1).integers(0, 5, 40).astype(np.uint8)
    whole = torch.from_numpy(ids.astype(np.int64))[:, None]
    logits, _ = network.logits(whole[:-1], network.zero_state(1))
    expected = torch.nn.functional.cross_entropy(logits[:, 0], whole[1:, 0], reduction="none").detach().numpy()
    monkeypatch.setattr(evaluation, "_STEPS", 7)
    result = score(network, ids)
    np.testing.assert_allclose(result.losses, expected, rtol=1e-12)
    assert result.characters == 39
    assert result.nats == pytest.approx(expected.mean())
    assert result.bpc == pytest.approx(expected.mean() / math.log(2))
    assert result.perplexity == pytest.approx(math.exp(expected.mean()))


def test_a_uniform_model_costs_the_logarithm_of_the_vocabulary() -> None:
    network = random_network("rnn", vocabulary=5)
    with torch.no_grad():
        network.W_q.zero_()
        network.b_q.zero_()
    assert score(network, np.zeros(10, np.uint8)).perplexity == pytest.approx(5)


@pytest.mark.parametrize("length", [0, 1])
def test_a_text_with_nothing_to_predict_is_refused(length: int) -> None:
    with pytest.raises(InputError, match=f"a.txt has {length} characters; a score needs at least 2"):
        score(random_network("rnn"), np.zeros(length, np.uint8), "a.txt")

"""Scores: one lane from the first character to the last, in pieces or not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from charnn.errors import InputError
from charnn.evaluation import score as evaluation
from charnn.evaluation.score import WARM_UP, lanes_for, score, score_in_lanes
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


@pytest.mark.parametrize("lanes", [2, 3, 5])
def test_a_lane_is_read_after_what_comes_before_it(lanes: int) -> None:
    """Each lane against the same stretch read alone, with the 256 characters before it, where there are so many."""
    network, ids = random_network("lstm"), np.random.default_rng(1).integers(0, 5, 1501).astype(np.uint8)
    found = score_in_lanes(network, ids, lanes).losses
    length, expected = -(-1500 // lanes), []
    for lane in range(lanes):
        begin = lane * length
        early = max(0, begin - WARM_UP)
        losses = score(network, ids[early : min(begin + length, 1500) + 1]).losses
        expected += losses[begin - early :].tolist()
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_short_text_is_read_in_one_lane() -> None:
    network, ids = random_network("gru"), np.random.default_rng(1).integers(0, 5, 600).astype(np.uint8)
    assert np.array_equal(score_in_lanes(network, ids, 4).losses, score(network, ids).losses)
    assert [lanes_for(count) for count in (10, 3999, 4000, 50_000, 10**7)] == [1, 1, 2, 25, 32]

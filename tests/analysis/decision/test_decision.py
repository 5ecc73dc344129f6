"""Beliefs are those of the text's beginnings, and weights are derivatives."""

from __future__ import annotations

import math

import pytest
import torch

from charnn.analysis.decision.decision import Decision, decide
from charnn.analysis.decision.page import decisions_page
from charnn.bptt.execution import Execution
from charnn.networks.classifier import Classifier
from charnn.networks.stack import Stack
from tests.models import padded_rows, random_example_network

IDS = torch.tensor([0, 3, 1, 1, 4])
LABELS = ["one", "two", "three"]


def network_of(embedding: int | None) -> Classifier:
    network = random_example_network("classification", "lstm", hidden=6, layers=2, embedding=embedding)
    assert isinstance(network, Classifier)
    return network


def decision_of(network: Classifier, label: int | None = None) -> Decision:
    return decide(network, IDS, list("abcde"), LABELS, label)


@pytest.mark.parametrize("embedding", [None, 3])
def test_the_belief_after_each_character_is_the_answer_to_the_beginning(embedding: int | None) -> None:
    network = network_of(embedding)
    found = decision_of(network)
    for length in range(1, len(IDS) + 1):
        expected = torch.softmax(network.logits(padded_rows([IDS[:length]])), -1)[0]
        torch.testing.assert_close(torch.from_numpy(found.beliefs[length - 1]), expected, rtol=1e-10, atol=1e-12)
    assert found.label == found.answer == int(found.beliefs[-1].argmax())
    assert found.leaders()[-1] == found.answer


@pytest.mark.parametrize("embedding", [None, 3])
@pytest.mark.parametrize("label", [0, 2])
def test_a_weight_is_what_the_log_odds_gain_as_the_character_s_vector_grows(embedding: int | None, label: int) -> None:
    """Against finite differences."""
    network = network_of(embedding)
    found = decision_of(network, label)
    rows = torch.eye(5, dtype=torch.float64) if network.embedding is None else network.embedding.detach()

    def log_odds(scale: torch.Tensor) -> float:
        x = (rows[IDS] * scale[:, None])[:, None]
        h, _ = network.run(x, Stack.zero_state(network, 1), Execution.of("autograd"))
        p = float(torch.softmax(network.readout.logits(h)[-1, 0].detach(), -1)[label])
        return math.log(p / (1 - p))

    for place in range(len(IDS)):
        step = torch.zeros(len(IDS), dtype=torch.float64)
        step[place] = 1e-5
        slope = (log_odds(1 + step) - log_odds(1 - step)) / 2e-5
        assert found.weights[place] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_a_page_holds_every_character_and_needs_nothing_else() -> None:
    page = decisions_page("A page", [decision_of(network_of(None))])
    assert page.count("<span") == len(IDS)
    assert all(f">{symbol}</span>" in page for symbol in "abcde")
    assert "<script" not in page
    assert "http" not in page

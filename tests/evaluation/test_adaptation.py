"""Adaptation: against a slow loop, rate 0, suffixes that change nothing before them, and the rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from charnn.errors import DivergedError
from charnn.evaluation.adaptation import LARGEST_RATE, PIECE, RATE_GAIN, SMALLEST_RATE, Adaptation, AdaptingNetwork
from charnn.mixture.reader import Reader
from charnn.networks.language_model import LanguageModel
from charnn.networks.stack import detached
from tests.models import random_network


def text(length: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 5, length).astype(np.uint32)


def scales_of(network: LanguageModel) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return {name: torch.rand_like(parameter) + 0.1 for name, parameter in network.named_parameters()}


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_losses_are_those_of_a_slow_loop(cell: str, decay: float, scaled: bool) -> None:
    """The equations of the module, written out with one parameter after another."""
    network, ids = random_network(cell), text(4 * PIECE + 7)
    scales = scales_of(network) if scaled else None
    arrays = None if scales is None else {name: one.numpy() for name, one in scales.items()}
    reader = Reader([network], Adaptation(0.15, decay=decay, scales=arrays))
    found = reader.score(ids).losses
    slow = random_network(cell)
    trained = [parameter.detach().clone() for parameter in slow.parameters()]
    mean = 1.0 if scales is None else float(torch.cat([one.flatten() for one in scales.values()]).mean())
    log_rate, before, states, losses = math.log(0.15), None, slow.zero_state(1), []
    for begin in range(0, len(ids) - 1, PIECE):
        piece = torch.from_numpy(ids[begin : begin + PIECE + 1].astype(np.int64))
        logits, states = slow.logits(piece[:-1, None], detached(states))
        each = functional.cross_entropy(logits[:, 0], piece[1:], reduction="none")
        losses += each.tolist()
        gradients = torch.autograd.grad(each.mean(), list(slow.parameters()))
        steps = [
            g if scales is None else g * mean / (scales[name] + 1e-3 * mean)
            for g, (name, _) in zip(gradients, slow.named_parameters(), strict=True)
        ]
        flat, flat_step = (torch.cat([one.flatten() for one in those]) for those in (gradients, steps))
        if before is not None:
            log_rate += RATE_GAIN * float(flat @ before / (flat.norm() * before.norm()))
            log_rate = min(max(log_rate, math.log(SMALLEST_RATE)), math.log(LARGEST_RATE))
        before = flat_step
        with torch.no_grad():
            for (name, parameter), step, own in zip(slow.named_parameters(), steps, trained, strict=True):
                parameter.sub_(math.exp(log_rate) * step)
                back = decay if scales is None else (decay * scales[name] / mean).clamp(max=1)
                parameter.add_(back * (own - parameter))
    np.testing.assert_allclose(found, losses, rtol=1e-9)
    assert reader.adapting[0].rate == pytest.approx(math.exp(log_rate), rel=1e-9)
    assert reader.adapting[0].rate != 0.15


def test_the_rate_0_is_the_network_as_it_is_read_in_the_same_pieces() -> None:
    network, ids = random_network("gru", dtype=torch.float32), text(130)
    still = Reader([network], Adaptation(0.0, learns_rate=False)).score(ids).losses
    states, losses = network.zero_state(1), []
    with torch.no_grad():
        for begin in range(0, len(ids) - 1, PIECE):
            piece = torch.from_numpy(ids[begin : begin + PIECE + 1].astype(np.int64))
            logits, states = network.logits(piece[:-1, None], states)
            p = torch.softmax(logits[:, 0].double(), -1)
            losses += (-torch.log(p.gather(1, piece[1:, None])[:, 0])).tolist()
    assert still.tolist() == losses
    whole = Reader([network]).score(ids).losses
    np.testing.assert_allclose(still, whole, atol=1e-6)


def test_the_trained_network_stays_as_it_is() -> None:
    network = random_network("lstm")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    Reader([network], Adaptation(0.5)).score(text(100))
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_it_learns_what_repeats() -> None:
    """A text of one short line again and again becomes likely, the more the longer it is read."""
    line = text(12, seed=4)
    ids = np.tile(line, 400)
    network = random_network("lstm", hidden=16)
    adapted = Reader([network], Adaptation()).score(ids).losses
    still = Reader([network]).score(ids).losses
    assert adapted[-100:].mean() < 0.5 * still[-100:].mean()


def test_a_network_that_diverges_says_so() -> None:
    with pytest.raises(DivergedError, match="adapted"):
        Reader([random_network("lstm")], Adaptation(1e9, learns_rate=False)).score(text(400))


def test_a_rate_grows_where_steps_agree() -> None:
    """Twice the same gradient: the cosine is 1."""
    network = random_network("linear")
    adapting = AdaptingNetwork(network, Adaptation(1e-12))
    ids = torch.zeros(PIECE, dtype=torch.long)
    for expected in (1e-12, 1e-12 * math.exp(RATE_GAIN)):
        adapting.states = network.zero_state(1)
        adapting.learn(adapting.read(ids), ids)
        assert adapting.rate == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("begin", "smallest"), [(0.2, SMALLEST_RATE), (0.05, 0.05)])
def test_a_learned_rate_falls_so_far_and_no_further(begin: float, smallest: float) -> None:
    """Steps that point back again and again: what was right is wrong at the next piece."""
    network = random_network("linear")
    adapting = AdaptingNetwork(network, Adaptation(begin))
    ids = torch.zeros(PIECE, dtype=torch.long)
    for number in range(30):
        adapting.network.load_state_dict(network.state_dict())
        adapting.states = network.zero_state(1)
        adapting.learn(adapting.read(ids), torch.full_like(ids, number % 2))
    assert adapting.rate == pytest.approx(smallest)


def test_a_learned_rate_is_bounded_and_a_given_one_is_not() -> None:
    network, ids = random_network("linear"), torch.zeros(PIECE, dtype=torch.long)
    for begin, expected in ((0.29, LARGEST_RATE), (0.5, 0.5)):
        adapting = AdaptingNetwork(network, Adaptation(begin))
        for _ in range(2):
            adapting.network.load_state_dict(network.state_dict())
            adapting.states = network.zero_state(1)
            adapting.learn(adapting.read(ids), ids)
        assert adapting.rate == pytest.approx(expected)

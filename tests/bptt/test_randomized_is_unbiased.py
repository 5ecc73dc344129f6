"""Randomized truncation by exact enumeration: its expectation is the full gradient."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
import torch
from torch import Tensor

from charnn.bptt.plan import Window
from charnn.bptt.strategies.randomized import Randomized
from charnn.networks.language_model import LanguageModel
from charnn.networks.readout import cross_entropy
from charnn.networks.stack import States, detached
from tests.models import ALL_CELLS, random_network, random_states, relative_difference

STEPS, LANES = 7, 2
PIS = ([0.6], [0.5, 0.9, 0.75])


def gradient(network: LanguageModel, loss: Tensor) -> Tensor:
    parts = torch.autograd.grad(loss, list(network.parameters()))
    return torch.cat([part.flatten() for part in parts])


def windows_gradient(
    network: LanguageModel, ids: Tensor, start: States, windows: list[Window], *, by_drawn_length: bool = False
) -> Tensor:
    """The sum over the windows of what each training step would take as its gradient, at fixed weights."""
    total, states = torch.zeros(()), start
    for window in windows:
        inputs, targets = ids[window.start : window.stop], ids[window.start + 1 : window.stop + 1]
        logits, states = network.logits(inputs, detached(states), xi=window.xi)
        divisor = window.length if by_drawn_length else window.divisor
        total = total + gradient(network, cross_entropy(logits, targets) / divisor)
    return total


def expectation(name: str, pi: list[float], *, by_drawn_length: bool = False) -> tuple[Tensor, Tensor]:
    """E[Σ over windows] · c/T over all 2^(T−1) patterns of ξ, and the full gradient of the mean loss."""
    network = random_network(name, layers=2)
    ids, start = torch.randint(0, 5, (STEPS + 1, LANES)), random_states(network, LANES)
    logits, _ = network.logits(ids[:-1], start)
    full = gradient(network, cross_entropy(logits, ids[1:]) / STEPS)
    strategy = Randomized(pi=tuple(pi))
    mean = torch.zeros_like(full)
    for kept in product([False, True], repeat=STEPS - 1):
        chances = [pi[step % len(pi)] for step in range(1, STEPS)]
        probability = prod(p if keep else 1 - p for p, keep in zip(chances, kept, strict=True))
        xi = [1.0, *(1 / p if keep else 0.0 for p, keep in zip(chances, kept, strict=True))]
        windows = list(strategy.cut(xi, STEPS))
        found = windows_gradient(network, ids, start, windows, by_drawn_length=by_drawn_length)
        # Divided by drawn lengths, a pattern's windows are averaged instead.
        mean += probability * (found / len(windows) if by_drawn_length else found * strategy.divisor(STEPS) / STEPS)
    return mean, full


@pytest.mark.parametrize("name", ALL_CELLS)
@pytest.mark.parametrize("pi", PIS, ids=["one pi", "a list"])
def test_the_expectation_is_the_full_gradient(name: str, pi: list[float]) -> None:
    mean, full = expectation(name, pi)
    assert relative_difference(mean, full) < 1e-10


@pytest.mark.parametrize("name", ALL_CELLS)
def test_dividing_by_drawn_lengths_would_be_biased(name: str) -> None:
    """Not even its direction is that of the full gradient."""
    mean, full = expectation(name, [0.6], by_drawn_length=True)
    cosine = torch.nn.functional.cosine_similarity(mean, full, dim=0)
    assert cosine < 1 - 1e-4


def test_gates_that_are_not_reweighted_would_be_biased() -> None:
    """The test above can fail: with ξ = 1 instead of 1/π the expectation is another."""
    network = random_network("lstm", layers=2)
    ids, start = torch.randint(0, 5, (STEPS + 1, LANES)), random_states(network, LANES)
    full = gradient(network, cross_entropy(network.logits(ids[:-1], start)[0], ids[1:]) / STEPS)
    mean = torch.zeros_like(full)
    for xi in product([0.0, 1.0], repeat=STEPS - 1):
        windows = list(Randomized(pi=(0.5,)).cut([1.0, *xi], STEPS))
        mean += windows_gradient(network, ids, start, windows) * 2 / STEPS / 2 ** (STEPS - 1)
    assert relative_difference(mean, full) > 1e-3

"""Bias and spread of truncated gradients, against plain autograd over the windows that a training would see."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np
import pytest
import torch
from torch import Tensor

from charnn.analysis.truncation.contributions import contributions
from charnn.analysis.truncation.estimate import Estimate
from charnn.analysis.truncation.estimates import estimates
from charnn.analysis.truncation.window_plan import plan_windows
from charnn.bptt.plan import Window
from charnn.bptt.strategies.full import Full
from charnn.bptt.strategies.randomized import Randomized
from charnn.bptt.strategies.truncated import Truncated
from charnn.errors import UsageError
from charnn.networks.language_model import LanguageModel
from charnn.networks.readout import cross_entropy
from charnn.networks.stack import States, detached
from tests.models import EVERY_CELL, random_network

STEPS = 7
STRATEGIES = [
    Full(),
    Full(sequence=4),
    Truncated(tau=3),
    Truncated(tau=4, stride=2),
    Truncated(tau=4, stride=3),
    Truncated(tau=4, tail="drop"),
]


def network_and_text(cell: str) -> tuple[LanguageModel, Tensor]:
    network = random_network(cell, hidden=4, layers=2, embedding=3)
    return network, torch.randint(0, 5, (STEPS + 1,))


def slow_gradient(network: LanguageModel, ids: Tensor, windows: Sequence[Window]) -> Tensor:
    """(1/T) Σ over the windows of the summed losses' gradient, the state cut from the graph at each start."""
    parameters = list(network.parameters())
    total = torch.zeros(sum(parameter.numel() for parameter in parameters), dtype=torch.float64)
    states: States = network.zero_state(1)
    for window in windows:
        states = network.zero_state(1) if window.resets else detached(states)
        logits, saved = [], states
        for step in range(window.length):
            xi = None if window.xi is None else window.xi[step : step + 1]
            at = window.start + step
            out, states = network.logits(ids[at : at + 1, None], states, xi=xi)
            logits.append(out)
            if step + 1 == window.save_at:
                saved = states
        loss = cross_entropy(
            torch.cat(logits[window.count_from :]), ids[window.start + 1 :][window.count_from : window.length, None]
        )
        total += torch.cat([part.flatten() for part in torch.autograd.grad(loss, parameters)])
        states = saved
    return total / STEPS


def measured(network: LanguageModel, ids: Tensor, strategy: Full | Truncated | Randomized, draws: int = 50) -> Estimate:
    plan = plan_windows("it", strategy, len(ids) - 1, seed=1)
    (estimate,) = estimates(network, ids.numpy().astype(np.uint8), [plan], draws, seed=1)
    return estimate


@pytest.mark.parametrize("cell", EVERY_CELL)
@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_the_bias_of_a_cut_is_that_of_a_direct_computation(cell: str, strategy: Full | Truncated) -> None:
    network, ids = network_and_text(cell)
    whole = slow_gradient(network, ids, list(plan_windows("full", Full(), STEPS, 1).windows))
    cut = slow_gradient(network, ids, list(plan_windows("it", strategy, STEPS, 1).windows))
    found = measured(network, ids, strategy)
    assert found.how == "exact"
    assert found.bias == pytest.approx(float((cut - whole).norm() / whole.norm()), rel=1e-10, abs=1e-12)
    assert found.cosine == pytest.approx(float(torch.cosine_similarity(cut, whole, dim=0)), rel=1e-10)
    assert found.bias is not None
    assert found.bias == 0 if strategy == Full() else found.bias > 1e-3


@pytest.mark.parametrize("cell", EVERY_CELL)
@pytest.mark.parametrize("pi", [0.6, [0.5, 0.9, 1.0]], ids=str)
def test_randomized_truncation_has_no_bias_and_the_spread_of_all_its_patterns(cell: str, pi: object) -> None:
    network, ids = network_and_text(cell)
    strategy = Randomized.model_validate({"pi": pi})
    found = measured(network, ids, strategy)
    assert found.how == "enumerated"
    assert found.bias is not None
    assert found.bias < 1e-10
    assert found.cosine == pytest.approx(1, abs=1e-10)
    whole = slow_gradient(network, ids, list(plan_windows("full", Full(), STEPS, 1).windows))
    chances = [strategy.pi[step % len(strategy.pi)] for step in range(1, STEPS)]
    patterns, variance = 0, 0.0
    for kept in product([False, True], repeat=STEPS - 1):
        chance = prod(p if keep else 1 - p for p, keep in zip(chances, kept, strict=True))
        if chance:
            xi = [1.0, *(1 / p if keep else 0.0 for p, keep in zip(chances, kept, strict=True))]
            one = slow_gradient(network, ids, list(strategy.cut(xi, STEPS)))
            variance += chance * float((one - whole).square().sum())
            patterns += 1
    assert found.count == patterns
    assert found.spread == pytest.approx(variance**0.5 / float(whole.norm()), rel=1e-9)


@pytest.mark.parametrize("cell", EVERY_CELL)
def test_the_variance_is_known_without_enumerating(cell: str) -> None:
    network, ids = network_and_text(cell)
    strategy = Randomized(pi=(0.5, 0.9))
    whole = contributions(network, ids)
    norm = whole.squared_norm(torch.ones(STEPS, STEPS, dtype=torch.float64).triu())
    pi = [strategy.pi[step % 2] for step in range(STEPS)]
    spread = (whole.variance(pi) / norm) ** 0.5
    assert float(spread) == pytest.approx(measured(network, ids, strategy).spread, rel=1e-10)
    assert whole.variance([1.0] * STEPS) == 0


def test_enumeration_reaches_twelve_steps_and_drawing_begins_beyond() -> None:
    network = random_network("rnn")
    for steps, how in ((12, "enumerated"), (13, "drawn")):
        found = measured(network, torch.randint(0, 5, (steps + 1,)), Randomized(pi=(0.7,)), draws=20)
        assert (found.how, found.count) == (how, 2**11 if how == "enumerated" else 20)


def test_a_bound_on_the_window_brings_the_bias_back() -> None:
    network, ids = network_and_text("gru")
    bias = [measured(network, ids, Randomized(pi=(0.8,), max_window=bound)).bias for bound in (2, 4, 20)]
    assert bias[0] is not None
    assert bias[1] is not None
    assert bias[0] > bias[1] > 1e-3
    assert bias[2] is not None
    assert bias[2] < 1e-10


def test_a_spread_that_few_draws_make_is_not_trusted() -> None:
    """With `max_window` the spread is that of the draws, and may itself be luck."""
    ids = torch.randint(0, 5, (31,))
    found = measured(exploding(1.0), ids, Randomized(pi=(0.3,), max_window=25), draws=30)
    assert found.how == "drawn"
    assert found.largest_share is not None
    assert found.largest_share > 0.1
    assert not found.trusted
    assert found.bias is None


def test_products_of_gates_that_are_hardly_numbers_do_no_harm() -> None:
    ids = torch.randint(0, 5, (31,))
    document = measured(exploding(1.0), ids, Randomized(pi=(1e-3,)), draws=5).document()
    assert document["bias"] is None
    assert document["draws_needed"] is None
    with pytest.raises(UsageError, match="too small for 30 steps"):
        measured(exploding(1.0), ids, Randomized(pi=(1e-40,)))


def exploding(radius: float) -> LanguageModel:
    """A linear cell whose contributions change by `radius` a step."""
    network = random_network("linear", hidden=6)
    with torch.no_grad():
        network.layers[0].W_h.copy_(torch.eye(6, dtype=torch.float64) * radius)
    return network


def test_a_mean_of_draws_is_shown_only_where_it_tells_something() -> None:
    """ρ²/π on either side of 1: the same number of draws tells the mean, or nothing at all."""
    ids = torch.randint(0, 5, (41,))
    calm = measured(exploding(0.6), ids, Randomized(pi=(0.8,)), draws=400)
    assert calm.growth is not None
    assert calm.growth == pytest.approx(0.6**2 / 0.8, rel=0.05)
    assert calm.trusted
    assert calm.bias is not None
    assert calm.bias < 4 * calm.standard_error
    wild = measured(exploding(1.0), ids, Randomized(pi=(0.8,)), draws=400)
    assert wild.growth is not None
    assert wild.growth > 1
    assert not wild.trusted
    assert wild.bias is None
    assert wild.cosine is None
    assert wild.spread > 5 * calm.spread
    assert wild.draws_needed is not None
    assert wild.draws_needed > 400
    assert wild.largest_share is not None
    assert wild.largest_share > 0.2


def test_a_text_without_a_gradient_has_nothing_to_compare_with() -> None:
    network = random_network("rnn", vocabulary=1)
    assert not estimates(network, np.zeros(6, np.uint8), [plan_windows("full", Full(), 5, 1)], 2, 1)

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
from charnn.analysis.truncation.estimates import Estimate, estimates
from charnn.analysis.truncation.windows import draw
from charnn.bptt.plan import Window
from charnn.bptt.strategies.full import Options as Full
from charnn.bptt.strategies.randomized import Options as Randomized
from charnn.bptt.strategies.truncated import Options as Truncated
from charnn.errors import UsageError
from charnn.networks.language_model import CharacterModel, States, detached, summed_loss
from tests.models import ALL_CELLS, random_model

STEPS = 7
STRATEGIES = [
    Full(),
    Full(sequence=4),
    Truncated(tau=3),
    Truncated(tau=4, stride=2),
    Truncated(tau=4, stride=3),
    Truncated(tau=4, tail="drop"),
]


def model_and_text(cell: str) -> tuple[CharacterModel, Tensor]:
    model = random_model(cell, hidden=4, layers=2, embedding=3)
    return model, torch.randint(0, 5, (STEPS + 1,))


def slow_gradient(model: CharacterModel, ids: Tensor, windows: Sequence[Window]) -> Tensor:
    """(1/T) Σ over the windows of the summed losses' gradient, the state cut from the graph at each start."""
    parameters = list(model.parameters())
    total = torch.zeros(sum(parameter.numel() for parameter in parameters), dtype=torch.float64)
    states: States = model.zero_state(1)
    for window in windows:
        states = model.zero_state(1) if window.resets else detached(states)
        logits, saved = [], states
        for step in range(window.length):
            gates = None if window.gates is None else window.gates[step : step + 1]
            at = window.start + step
            out, states = model(ids[at : at + 1, None], states, gates=gates)
            logits.append(out)
            if step + 1 == window.save_at:
                saved = states
        loss = summed_loss(
            torch.cat(logits[window.count_from :]), ids[window.start + 1 :][window.count_from : window.length, None]
        )
        total += torch.cat([part.flatten() for part in torch.autograd.grad(loss, parameters)])
        states = saved
    return total / STEPS


def measured(model: CharacterModel, ids: Tensor, strategy: Full | Truncated | Randomized, draws: int = 50) -> Estimate:
    plan = draw("it", strategy, len(ids) - 1, seed=1)
    (estimate,) = estimates(model, ids.numpy().astype(np.uint8), [plan], draws, seed=1)
    return estimate


@pytest.mark.parametrize("cell", ALL_CELLS)
@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_the_bias_of_a_cut_is_that_of_a_direct_computation(cell: str, strategy: Full | Truncated) -> None:
    model, ids = model_and_text(cell)
    whole = slow_gradient(model, ids, list(draw("full", Full(), STEPS, 1).windows))
    cut = slow_gradient(model, ids, list(draw("it", strategy, STEPS, 1).windows))
    found = measured(model, ids, strategy)
    assert found.how == "exact"
    assert found.bias == pytest.approx(float((cut - whole).norm() / whole.norm()), rel=1e-10, abs=1e-12)
    assert found.cosine == pytest.approx(float(torch.cosine_similarity(cut, whole, dim=0)), rel=1e-10)
    assert found.bias == 0 if strategy == Full() else found.bias > 1e-3


@pytest.mark.parametrize("cell", ALL_CELLS)
@pytest.mark.parametrize("pi", [0.6, [0.5, 0.9, 1.0]], ids=str)
def test_randomized_truncation_has_no_bias_and_the_spread_of_all_its_patterns(cell: str, pi: object) -> None:
    model, ids = model_and_text(cell)
    strategy = Randomized.model_validate({"pi": pi})
    found = measured(model, ids, strategy)
    assert found.how == "enumerated"
    assert found.bias is not None
    assert found.bias < 1e-10
    assert found.cosine == pytest.approx(1, abs=1e-10)
    whole = slow_gradient(model, ids, list(draw("full", Full(), STEPS, 1).windows))
    chances = [strategy.pi[step % len(strategy.pi)] for step in range(1, STEPS)]
    patterns, variance = 0, 0.0
    for kept in product([False, True], repeat=STEPS - 1):
        chance = prod(p if keep else 1 - p for p, keep in zip(chances, kept, strict=True))
        if chance:
            gates = [1.0, *(1 / p if keep else 0.0 for p, keep in zip(chances, kept, strict=True))]
            one = slow_gradient(model, ids, list(strategy.cut(gates, STEPS)))
            variance += chance * float((one - whole).square().sum())
            patterns += 1
    assert found.count == patterns
    assert found.spread == pytest.approx(variance**0.5 / float(whole.norm()), rel=1e-9)


@pytest.mark.parametrize("cell", ALL_CELLS)
def test_the_variance_is_known_without_enumerating(cell: str) -> None:
    model, ids = model_and_text(cell)
    strategy = Randomized(pi=(0.5, 0.9))
    whole = contributions(model, ids)
    norm = whole.squared_norm(torch.ones(STEPS, STEPS, dtype=torch.float64).triu())
    pi = [strategy.pi[step % 2] for step in range(STEPS)]
    spread = (whole.variance(pi) / norm) ** 0.5
    assert float(spread) == pytest.approx(measured(model, ids, strategy).spread, rel=1e-10)
    assert whole.variance([1.0] * STEPS) == 0


def test_enumeration_reaches_twelve_steps_and_drawing_begins_beyond() -> None:
    model = random_model("rnn")
    for steps, how in ((12, "enumerated"), (13, "drawn")):
        found = measured(model, torch.randint(0, 5, (steps + 1,)), Randomized(pi=(0.7,)), draws=20)
        assert (found.how, found.count) == (how, 2**11 if how == "enumerated" else 20)


def test_a_bound_on_the_window_brings_the_bias_back() -> None:
    model, ids = model_and_text("gru")
    bias = [measured(model, ids, Randomized(pi=(0.8,), max_window=bound)).bias for bound in (2, 4, 20)]
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


def exploding(radius: float) -> CharacterModel:
    """A linear cell whose contributions change by `radius` a step."""
    model = random_model("linear", hidden=6)
    with torch.no_grad():
        model.stack()[0].W_h.copy_(torch.eye(6, dtype=torch.float64) * radius)
    return model


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
    model = random_model("rnn", vocabulary=1)
    assert not estimates(model, np.zeros(6, np.uint8), [draw("full", Full(), 5, 1)], 2, 1)

"""Optimisers, schedules, clipping and metrics, against their formulas."""

from __future__ import annotations

import math
from typing import Any, Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from charnn.configuration.sections import Clip
from charnn.training.averages import AVERAGES
from charnn.training.averages.exponential import Exponential as ExponentialMovingAverage
from charnn.training.averages.mean import Mean
from charnn.training.averages.none import Newest
from charnn.training.metrics import Meter, Update
from charnn.training.optimizers import OPTIMIZERS, Optimizer
from charnn.training.optimizers.adagrad import Adagrad
from charnn.training.optimizers.adam import Adam
from charnn.training.optimizers.adamw import AdamW
from charnn.training.optimizers.rmsprop import RMSprop
from charnn.training.optimizers.sgd import SGD
from charnn.training.schedules import SCHEDULES
from charnn.training.schedules.constant import Constant
from charnn.training.schedules.cosine import Cosine
from charnn.training.schedules.exponential import Exponential
from charnn.training.schedules.step import Step
from charnn.training.updates.clipping import clip_gradients

GRADIENTS = [1.0, -2.0, 0.5, 3.0]


def descend(options: Optimizer, start: float = 1.0) -> list[float]:
    """The weight after each of four updates with given gradients."""
    weight = nn.Parameter(torch.full((1, 1), start, dtype=torch.float64))
    optimizer = options.build([weight])
    path = []
    for gradient in GRADIENTS:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        path.append(weight.item())
    return path


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_sgd_with_momentum_and_weight_decay(decay: float) -> None:
    w, v, expected = 1.0, 0.0, []
    for g in GRADIENTS:
        v = 0.9 * v + g + decay * w
        w -= 0.1 * v
        expected.append(w)
    options = SGD(learning_rate=0.1, momentum=0.9, weight_decay=decay)
    assert descend(options) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("inside", [True, False])
def test_adagrad_with_epsilon_inside_and_outside_the_root(inside: bool) -> None:
    w, m, expected = 1.0, 0.0, []
    for g in GRADIENTS:
        m += g * g
        w -= 0.1 * g / (math.sqrt(m + 0.5) if inside else math.sqrt(m) + 0.5)
        expected.append(w)
    options = Adagrad(learning_rate=0.1, epsilon=0.5, epsilon_inside_root=inside)
    assert descend(options) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_rmsprop(momentum: float) -> None:
    w, m, v, expected = 1.0, 0.0, 0.0, []
    for g in GRADIENTS:
        m = 0.9 * m + 0.1 * g * g
        v = momentum * v + g / (math.sqrt(m) + 0.01)
        w -= 0.1 * v
        expected.append(w)
    options = RMSprop(learning_rate=0.1, decay=0.9, epsilon=0.01, momentum=momentum)
    assert descend(options) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_adam_and_adamw(decay: float) -> None:
    w, m, v, expected = 1.0, 0.0, 0.0, []
    for t, g in enumerate(GRADIENTS, start=1):
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
        w *= 1 - 0.1 * decay
        w -= 0.1 * (m / (1 - 0.8**t)) / (math.sqrt(v / (1 - 0.9**t)) + 0.01)
        expected.append(w)
    keys: dict[str, Any] = {"learning_rate": 0.1, "betas": (0.8, 0.9), "epsilon": 0.01}
    options = AdamW(weight_decay=decay, **keys) if decay else Adam(**keys)
    assert descend(options) == pytest.approx(expected, rel=1e-12)


def test_adamw_spares_biases() -> None:
    bias = nn.Parameter(torch.ones(3))
    optimizer = AdamW(weight_decay=0.5).build([bias])
    bias.grad = torch.zeros(3)
    optimizer.step()
    assert torch.equal(bias.detach(), torch.ones(3))


def test_every_optimiser_and_schedule_has_its_formula_here() -> None:
    """A new one needs an oracle of its own."""
    assert {OPTIMIZERS.load(name) for name in OPTIMIZERS.names()} == {SGD, Adagrad, RMSprop, Adam, AdamW}
    assert {AVERAGES.load(name) for name in AVERAGES.names()} == {Newest, ExponentialMovingAverage, Mean}
    assert {SCHEDULES.load(name) for name in SCHEDULES.names()} == {Constant, Step, Exponential, Cosine}


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimiser_descends(name: str) -> None:
    weight = nn.Parameter(torch.tensor([[2.0]]))
    optimizer = OPTIMIZERS.load(name).model_validate({"learning_rate": 0.1}).build([weight])
    for _ in range(50):
        optimizer.zero_grad()
        (weight**2).sum().backward()
        optimizer.step()
    assert abs(weight.item()) < 1.9


def test_schedules_follow_their_formulas() -> None:
    assert Constant().factor(1000, 0.9) == 1
    falling = Step(every=10, multiply_by=0.5)
    assert [falling.factor(k, 0) for k in (0, 9, 10, 25)] == [1, 1, 0.5, 0.25]
    smooth = Exponential(every=10, multiply_by=0.5)
    assert [smooth.factor(k, 0) for k in (0, 5, 20)] == pytest.approx([1, 0.5**0.5, 0.25])
    wave = Cosine(warmup_steps=4, floor=0.1)
    assert [wave.factor(k, 0) for k in (0, 1, 3, 4)] == pytest.approx([0.25, 0.5, 1, 1])
    assert wave.factor(100, 0.5) == pytest.approx(0.55)
    assert wave.factor(100, 1.0) == pytest.approx(0.1)
    assert wave.factor(100, 1.5) == pytest.approx(0.1)
    assert Cosine().factor(0, 0) == 1


def test_averages_are_what_their_formulas_say() -> None:
    """Over a sequence of weights, by the shares of each update."""
    weights = [float(k * k % 7) for k in range(1, 30)]
    found: dict[str, list[float]] = {}
    for average in (Newest(), Mean(), Mean(average_from=10), ExponentialMovingAverage(average_decay=0.5)):
        weighted, means = 0.0, []
        for step, weight in enumerate(weights, 1):
            weighted += average.share(step) * (weight - weighted)
            means.append(weighted)
        found[repr(average)] = means
    newest, mean, late, moving = found.values()
    assert newest == weights
    assert mean == pytest.approx([sum(weights[:k]) / k for k in range(1, 30)])
    assert late[:11] == weights[:11]
    assert late[10:] == pytest.approx([sum(weights[10:k]) / (k - 10) for k in range(11, 30)])
    # From the tenth update on, β is 0.5: half of what there was, and half of the newest.
    assert moving[0] == weights[0]
    for k in range(10, 29):
        assert moving[k] == pytest.approx(0.5 * moving[k - 1] + 0.5 * weights[k])


gradients = st.lists(st.floats(-10, 10), min_size=1, max_size=5)


def parameters(values: list[float]) -> list[nn.Parameter]:
    made = [nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in values]
    for parameter, value in zip(made, values, strict=True):
        parameter.grad = torch.tensor([value], dtype=torch.float64)
    return made


@given(values=gradients, threshold=st.floats(0.1, 20))
def test_clipping_by_norm(values: list[float], threshold: float) -> None:
    made = parameters(values)
    norm = math.sqrt(sum(value * value for value in values))
    done = clip_gradients(made, Clip(by="norm", threshold=threshold))
    scale = min(1, threshold / norm) if norm else 1
    assert [parameter.grad.item() for parameter in made] == pytest.approx([value * scale for value in values])
    assert done.norm == pytest.approx(norm)
    assert done.changed == (done.norm > threshold)


@given(values=gradients, threshold=st.floats(0.1, 20))
def test_clipping_by_value(values: list[float], threshold: float) -> None:
    made = parameters(values)
    done = clip_gradients(made, Clip(by="value", threshold=threshold))
    clipped = [max(-threshold, min(threshold, value)) for value in values]
    assert [parameter.grad.item() for parameter in made] == clipped
    assert done.changed == (clipped != values)
    assert done.norm == pytest.approx(math.sqrt(sum(value * value for value in values)))


@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("by", ["norm", "value"])
def test_a_gradient_that_is_not_finite_has_no_finite_norm(by: Literal["norm", "value"], broken: float) -> None:
    made = parameters([1.0, broken, 2.0])
    assert not math.isfinite(clip_gradients(made, Clip(by=by, threshold=1.0)).norm)


def test_no_clipping_still_measures() -> None:
    made = parameters([3.0, 4.0])
    done = clip_gradients(made, Clip(by="none"))
    assert (done.norm, done.changed) == (5.0, False)
    assert [parameter.grad.item() for parameter in made] == [3.0, 4.0]


def test_a_report_holds_means_since_the_last_one() -> None:
    meter = Meter(smoothed_objective=4.0)
    for nats, clipped in ((10.0, True), (20.0, False)):
        meter.add(Update(nats, 5, nats / 5, nats, clipped, bounded=clipped, learning_rate=0.1), seconds=0.5)
    row = meter.report()
    assert row["loss"] == 3.0
    assert row["bpc"] == pytest.approx(3 / math.log(2))
    assert (row["gradient_norm"], row["largest_gradient_norm"], row["clipped"], row["bounded_windows"]) == (
        15,
        20,
        0.5,
        1,
    )
    assert row["characters_per_second"] == 10
    assert row["smoothed_objective"] == pytest.approx((4 * 0.999 + 2 * 0.001) * 0.999 + 4 * 0.001)
    meter.add(Update(5.0, 5, 1.0, 1.0, clipped=False, bounded=False, learning_rate=0.2), seconds=1.0)
    row = meter.report()
    assert (row["loss"], row["characters"], row["clipped"], row["bounded_windows"]) == (1.0, 15, 0, 1)

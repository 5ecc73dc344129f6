"""Gradients with respect to earlier states: against the closed form of the linear cell, and central differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charnn.analysis.gradients.state_gradients import row_gradient_norms, state_gradient_norms
from charnn.analysis.tracing import Tracing
from charnn.bptt.execution import Execution
from charnn.networks.classifier import Classifier
from charnn.networks.encoder_decoder import EncoderDecoder
from tests.analysis.gradients.linear import linear
from tests.models import EVERY_CELL, example_batch, random_example_network, random_network, random_rows


@pytest.mark.parametrize("scheme", ["orthogonal", "gaussian"])
@pytest.mark.parametrize("radius", [0.9, 1.0, 1.1])
def test_the_linear_cell_equals_its_closed_form(scheme: str, radius: float) -> None:
    """‖(W_hhᵀ)^k W_qhᵀ ∂l_t/∂o_t‖, for eigenvalues inside, on and outside the unit circle."""
    specimen = linear(scheme, radius)
    network, lags = specimen.network, 80
    windows = torch.from_numpy(specimen.ids[np.arange(40)[None, :] * 3 + np.arange(121)[:, None]].astype(np.int64))
    found = state_gradient_norms(network, windows, lags, layer=0)["h"]
    with torch.no_grad():
        logits, _ = network.logits(windows[:-1], network.zero_state(40))
        do = torch.softmax(logits[-1], dim=-1)
        do[torch.arange(40), windows[-1]] -= 1
        W_hh, W_qh = network.layers[0].W_h.t(), network.W_q.t()
        for lag in range(lags + 1):
            expected = (torch.linalg.matrix_power(W_hh.t(), lag) @ W_qh.t() @ do.t()).norm(dim=0)
            np.testing.assert_allclose(found[lag], expected.numpy(), rtol=1e-10)


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("layer", [0, 1])
def test_each_lane_has_the_gradient_of_its_own_loss(name: str, layer: int) -> None:
    """Against central differences of one lane's loss, with respect to the state at one lag."""
    network = random_network(name, layers=2, hidden=3)
    windows = torch.randint(0, 5, (9, 2))
    found = state_gradient_norms(network, windows, lags=4, layer=layer)
    cells = network.layers

    def loss(lane: int, moved: int, nudge: torch.Tensor) -> float:
        """l_t of one lane, where h of `layer` is moved by `nudge` right after step `moved`."""
        states = list(network.zero_state(1))
        with torch.no_grad():
            for step in range(8):
                x = windows[step, lane : lane + 1]
                for number, cell in enumerate(cells):
                    states[number], _ = cell.step(cell.project(x), states[number])
                    if number == layer and step == moved:
                        states[number] = (states[number][0] + nudge, *states[number][1:])
                    x = states[number][0]
            logits = x @ network.W_q + network.b_q
            return float(torch.nn.functional.cross_entropy(logits, windows[8, lane : lane + 1]))

    for lane in range(2):
        for lag in range(5):
            nudges = 1e-5 * torch.eye(3, dtype=torch.float64)
            slopes = [(loss(lane, 7 - lag, nudge) - loss(lane, 7 - lag, -nudge)) / 2e-5 for nudge in nudges]
            assert np.linalg.norm(slopes) == pytest.approx(found["h"][lag, lane], rel=1e-5, abs=1e-9)


def test_the_memory_of_the_lstm_is_followed_too() -> None:
    """∂l_t/∂c_{t−k} is the total derivative: h_{t−k} moves with c_{t−k}."""
    network = random_network("lstm", hidden=3)
    found = state_gradient_norms(network, torch.randint(0, 5, (6, 2)), lags=3, layer=0)
    assert set(found) == {"h", "c"}
    assert found["c"].shape == (4, 2)
    assert (found["c"] > 0).all()


def test_norms_neither_underflow_nor_overflow_where_their_squares_do() -> None:
    for radius, bound in ((0.1, 1e-150), (40.0, 1e150)):
        specimen = linear("orthogonal", radius, hidden=4, seed=1)
        windows = torch.from_numpy(specimen.ids[: 201 + 1, None].astype(np.int64))
        network = specimen.network
        # The state itself is kept from exploding: it is read but at the last step.
        network.layers[0].W_x.data.zero_()
        norms = state_gradient_norms(network, windows, lags=190, layer=0)["h"][:, 0]
        assert np.isfinite(norms).all()
        assert (norms[-1] < bound) == (radius < 1)
        np.testing.assert_allclose(norms[1:] / norms[:-1], radius, rtol=1e-10)


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("task", ["classification", "sequence-to-sequence"])
def test_each_row_has_the_gradient_of_its_own_loss(task: str, name: str) -> None:
    """Against rows that are read alone, step by step, by torch."""
    network = random_example_network(task, name, layers=2)
    assert isinstance(network, Classifier | EncoderDecoder)
    encoder = network.encoder if isinstance(network, EncoderDecoder) else network
    inputs, targets = random_rows(task, 4)
    lags = max(map(len, inputs)) - 1
    found = row_gradient_norms(network, encoder, example_batch(inputs, targets), lags, layer=0)
    for row, (ids, target) in enumerate(zip(inputs, targets, strict=True)):
        engine = Tracing([encoder.layers[0]])
        loss, _ = network(example_batch([ids], [target]), (), Execution(engine))
        states = engine.traces[encoder.layers[0]].states
        for number, part in enumerate(encoder.layers[0].state_parts):
            for lag in range(lags + 1):
                if lag >= len(ids):
                    assert np.isnan(found[part][lag, row])
                    continue
                (gradient,) = torch.autograd.grad(loss, states[len(ids) - 1 - lag][number], retain_graph=True)
                assert found[part][lag, row] == pytest.approx(float(gradient.norm()), rel=1e-9, abs=1e-14)

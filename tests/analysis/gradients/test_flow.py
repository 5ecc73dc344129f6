"""Gradient flow: against the closed form of the linear cell, and against one backward pass for each t."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charnn.analysis.gradients.flow import gradient_flow, state_gradient_norms
from charnn.analysis.gradients.rate import fitted_rate
from charnn.analysis.gradients.spectrum import Recurrent, recurrent_matrices, set_recurrent
from charnn.analysis.subjects import Subject, fresh
from charnn.configuration.reading import read_settings
from charnn.errors import InputError, UsageError
from tests.models import ALL_CELLS, random_model

TEXT = "the time machine by h g wells, and the time traveller beside it. " * 4


def linear(scheme: str, radius: float) -> Subject:
    settings = ("corpus.text=unused", "model={cell: linear, hidden: 24}")
    (subject,) = fresh([("linear", read_settings(*settings))], TEXT)
    set_recurrent(subject.model, Recurrent(scheme, radius), seed=3)
    return subject


@pytest.mark.parametrize("scheme", ["orthogonal", "gaussian"])
@pytest.mark.parametrize("radius", [0.9, 1.0, 1.1])
def test_the_linear_cell_equals_its_closed_form(scheme: str, radius: float) -> None:
    """‖(W_hhᵀ)^k W_qhᵀ ∂l_t/∂o_t‖, for eigenvalues inside, on and outside the unit circle."""
    subject = linear(scheme, radius)
    model, lags = subject.model, 80
    windows = torch.from_numpy(subject.ids[np.arange(40)[None, :] * 3 + np.arange(121)[:, None]].astype(np.int64))
    found = state_gradient_norms(model, windows, lags, layer=0)["h"]
    with torch.no_grad():
        logits, _ = model(windows[:-1], model.zero_state(40))
        do = torch.softmax(logits[-1], dim=-1)
        do[torch.arange(40), windows[-1]] -= 1
        W_hh, W_qh = model.stack()[0].W_h.t(), model.W_q.t()
        for lag in range(lags + 1):
            expected = (torch.linalg.matrix_power(W_hh.t(), lag) @ W_qh.t() @ do.t()).norm(dim=0)
            np.testing.assert_allclose(found[lag], expected.numpy(), rtol=1e-10)


@pytest.mark.parametrize(("radius", "expected"), [(0.9, "vanish"), (1.0, "keep"), (1.1, "explode")])
def test_orthogonal_matrices_keep_the_rate_of_their_radius(radius: float, expected: str) -> None:
    flow = gradient_flow(linear("orthogonal", radius), lags=100, places=16)
    (decay,), (matrix,) = flow.decays, flow.matrices
    assert matrix.radius == pytest.approx(radius, rel=1e-12) == matrix.norm
    assert decay.rate == pytest.approx(radius, rel=1e-10)
    change = decay.median[100] / decay.median[0]
    assert {"vanish": change < 1e-4, "keep": abs(change - 1) < 1e-9, "explode": change > 1e4}[expected]


def test_the_radius_of_a_gaussian_matrix_is_not_the_whole_story() -> None:
    """It is not normal: its norm lies well above its radius, and gradients do not keep their length from the start."""
    flow = gradient_flow(linear("gaussian", 1.0), lags=100, places=16)
    (decay,), (matrix,) = flow.decays, flow.matrices
    assert matrix.radius == pytest.approx(1.0, rel=1e-12)
    assert matrix.norm > 1.5
    assert decay.median[100] < 0.6 * decay.median[0]


@pytest.mark.parametrize("name", ALL_CELLS)
@pytest.mark.parametrize("layer", [0, 1])
def test_each_lane_has_the_gradient_of_its_own_loss(name: str, layer: int) -> None:
    """Against central differences of one lane's loss, with respect to the state at one lag."""
    model = random_model(name, layers=2, hidden=3)
    windows = torch.randint(0, 5, (9, 2))
    found = state_gradient_norms(model, windows, lags=4, layer=layer)
    cells = model.stack()

    def loss(lane: int, moved: int, nudge: torch.Tensor) -> float:
        """l_t of one lane, where h of `layer` is moved by `nudge` right after step `moved`."""
        states = list(model.zero_state(1))
        with torch.no_grad():
            for step in range(8):
                x = windows[step, lane : lane + 1]
                for number, cell in enumerate(cells):
                    states[number], _ = cell.step(cell.project(x), states[number])
                    if number == layer and step == moved:
                        states[number] = (states[number][0] + nudge, *states[number][1:])
                    x = states[number][0]
            logits = x @ model.W_q + model.b_q
            return float(torch.nn.functional.cross_entropy(logits, windows[8, lane : lane + 1]))

    for lane in range(2):
        for lag in range(5):
            nudges = 1e-5 * torch.eye(3, dtype=torch.float64)
            slopes = [(loss(lane, 7 - lag, nudge) - loss(lane, 7 - lag, -nudge)) / 2e-5 for nudge in nudges]
            assert np.linalg.norm(slopes) == pytest.approx(found["h"][lag, lane], rel=1e-5, abs=1e-9)


def test_the_memory_of_the_lstm_is_followed_too() -> None:
    """∂l_t/∂c_{t−k} is the total derivative: h_{t−k} moves with c_{t−k}."""
    model = random_model("lstm", hidden=3)
    found = state_gradient_norms(model, torch.randint(0, 5, (6, 2)), lags=3, layer=0)
    assert set(found) == {"h", "c"}
    assert found["c"].shape == (4, 2)
    assert (found["c"] > 0).all()


def test_norms_neither_underflow_nor_overflow_where_their_squares_do() -> None:
    for radius, bound in ((0.1, 1e-150), (40.0, 1e150)):
        settings = ("corpus.text=unused", "model={cell: linear, hidden: 4}")
        (subject,) = fresh([("linear", read_settings(*settings))], TEXT)
        set_recurrent(subject.model, Recurrent("orthogonal", radius), seed=1)
        windows = torch.from_numpy(subject.ids[: 201 + 1, None].astype(np.int64))
        model = subject.model
        # The state itself is kept from exploding: it is read but at the last step.
        model.stack()[0].W_x.data.zero_()
        norms = state_gradient_norms(model, windows, lags=190, layer=0)["h"][:, 0]
        assert np.isfinite(norms).all()
        assert (norms[-1] < bound) == (radius < 1)
        np.testing.assert_allclose(norms[1:] / norms[:-1], radius, rtol=1e-10)


def test_what_overflows_is_infinite_and_null_in_json() -> None:
    (subject,) = fresh([("linear", read_settings("corpus.text=unused", "model={cell: linear, hidden: 4}"))], TEXT)
    set_recurrent(subject.model, Recurrent("orthogonal", 1e5), seed=1)
    subject.model.stack()[0].W_x.data.zero_()
    flow = gradient_flow(subject, lags=100, places=3)
    assert np.isinf(flow.decays[0].median[-1])
    assert flow.decays[0].rate == pytest.approx(1e5, rel=1e-6)
    assert flow.document()["states"]["h"]["median"][-1] is None


def test_short_texts_shorten_the_lags() -> None:
    (subject,) = fresh([("hello", read_settings("corpus.text=unused", "model={cell: rnn, hidden: 4}"))], "hello")
    flow = gradient_flow(subject, lags=100, places=64)
    assert len(flow.decays[0].median) == 4
    assert flow.places == 1
    (lonely,) = fresh([("h", read_settings("corpus.text=unused", "model={cell: rnn, hidden: 4}"))], "h")
    with pytest.raises(InputError, match="needs at least 2"):
        gradient_flow(lonely, lags=1, places=1)
    with pytest.raises(UsageError, match="1 layer, layer 0: there is no layer 1"):
        gradient_flow(subject, lags=1, places=1, layer=1)


@pytest.mark.parametrize("name", ALL_CELLS)
def test_matrices_are_named_by_gate_the_candidate_first(name: str) -> None:
    cell = random_model(name, hidden=6).stack()[0]
    matrices = recurrent_matrices(cell)
    assert matrices[0].name == ("W_ch" if name == "lstm" else "W_hh")
    assert {matrix.gate for matrix in matrices} == set(cell.gates)
    for matrix in matrices:
        W = cell.W_h[:, cell.columns((matrix.gate,))].detach().t().numpy()
        assert matrix.radius == pytest.approx(max(abs(np.linalg.eigvals(W))))
        assert matrix.norm == pytest.approx(np.linalg.svd(W)[1][0])


def test_rates_leave_out_zeros_and_infinities() -> None:
    assert fitted_rate(np.array([8.0, 4.0, 2.0, 1.0])) == pytest.approx(0.5)
    assert fitted_rate(np.array([np.inf, 4.0, 2.0, 1.0, 0.0])) == pytest.approx(0.5)
    assert fitted_rate(np.array([1.0, 0.0, np.inf])) is None

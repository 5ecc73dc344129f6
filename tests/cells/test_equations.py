"""Each cell against a slow, obvious version of its equations in NumPy, and against torch.nn where it has the cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from charnn.bptt.engines import Engine
from tests.cells import equations
from tests.models import ALL_CELLS, engine_of, random_cell, random_state, relative_difference

ENGINES = [engine_of("manual"), engine_of("native")]


def test_every_cell_has_equations_of_its_own() -> None:
    """A new cell needs an oracle, written from its source and not from its file."""
    assert equations.NAMES == ALL_CELLS


@pytest.mark.parametrize("run", ENGINES, ids=lambda run: run.name)
@pytest.mark.parametrize("name", ALL_CELLS)
def test_a_step_is_the_lecture_s_equation(name: str, run: Engine) -> None:
    """One lane at a time."""
    cell, step = random_cell(name, 3, 4), equations.equations_of(name)
    x, state = torch.randn(6, 2, 3, dtype=torch.float64), random_state(cell, 2)
    found, _ = run(cell, x, state)
    for lane in range(2):
        parts: tuple[equations.Vector, ...] = tuple(part[lane].detach().numpy() for part in state)
        for t in range(6):
            parts = step(equations.Weights(cell, x[t, lane].numpy()), *parts)
            np.testing.assert_allclose(found[t, lane].detach().numpy(), parts[0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("run", ENGINES, ids=lambda run: run.name)
@pytest.mark.parametrize(("name", "peer", "order"), [("rnn", nn.RNN, "h"), ("lstm", nn.LSTM, "ufco")])
def test_equals_torch_nn(name: str, peer: Any, order: str, run: Engine) -> None:
    """Outputs, states and gradients; torch.nn stores gates in its own order and has two biases, of which one is 0."""
    cell = random_cell(name, 3, 5)
    other = peer(3, 5).double()
    columns = torch.cat([torch.arange(5) + 5 * cell.gates.index(gate) for gate in order])
    with torch.no_grad():
        other.weight_ih_l0.copy_(cell.W_x.t()[columns])
        other.weight_hh_l0.copy_(cell.W_h.t()[columns])
        other.bias_ih_l0.copy_(cell.b[columns])
        other.bias_hh_l0.zero_()
    x, state = torch.randn(7, 2, 3, dtype=torch.float64), random_state(cell, 2)
    found, last = run(cell, x, state)
    given = tuple(part[None] for part in state)
    expected, expected_last = other(x, given if len(given) > 1 else given[0])
    assert relative_difference(found, expected) < 1e-12
    for part, other_part in zip(last, expected_last if len(given) > 1 else [expected_last], strict=True):
        assert relative_difference(part, other_part[0]) < 1e-12
    for out in (found, expected):
        out.square().sum().backward(retain_graph=True)
    pairs = [
        (cell.W_x.grad.t()[columns], other.weight_ih_l0.grad),
        (cell.W_h.grad.t()[columns], other.weight_hh_l0.grad),
        (cell.b.grad[columns], other.bias_ih_l0.grad),
    ]
    for ours, theirs in pairs:
        assert relative_difference(ours, theirs) < 1e-12


@pytest.mark.parametrize("run", ENGINES, ids=lambda run: run.name)
def test_the_linear_cell_has_the_closed_form_gradient(run: Engine) -> None:
    """∂L/∂h_t = Σ_{i≥t} (W_hhᵀ)^{i−t} W_qhᵀ ∂L/∂o_i, for eigenvalues inside, on and outside the unit circle."""
    for radius in (0.9, 1.0, 1.1):
        steps, hidden = 12, 4
        cell = random_cell("linear", 3, hidden)
        with torch.no_grad():
            cell.W_h.copy_(radius * nn.init.orthogonal_(torch.empty(hidden, hidden, dtype=torch.float64)))
        W_q = torch.randn(hidden, 3, dtype=torch.float64)
        x, do = torch.randn(steps, 1, 3, dtype=torch.float64), torch.randn(steps, 1, 3, dtype=torch.float64)
        state = random_state(cell, 1)
        hidden_states, _ = run(cell, x, state)
        (hidden_states @ W_q * do).sum().backward()
        # With h_0 as the state after "step 0" the sum runs over all steps, one factor W_hhᵀ further each.
        W_hh_T, W_qh_T = cell.W_h.detach(), W_q
        expected = sum(torch.linalg.matrix_power(W_hh_T, i + 1) @ W_qh_T @ do[i, 0] for i in range(steps))
        torch.testing.assert_close(state[0].grad[0], expected, rtol=1e-12, atol=1e-12)

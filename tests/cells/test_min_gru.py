"""minGRU: no recurrent matrix, and an activation that the configuration chooses."""

from __future__ import annotations

import math

import pytest
import torch
from torch.autograd import gradcheck

from charnn.bptt.engines import ENGINES
from charnn.cells import build
from charnn.configuration.reading import read_settings
from charnn.configuration.types import Part
from charnn.errors import ConfigError


def options_of(activation: str) -> Part:
    return read_settings("corpus.text=x", f"model={{cell: min-gru, activation: {activation}}}").model.cell


def by_hand(activation: str, a_u: float, a_h: float, h: float) -> float:
    """One unit, in plain Python."""
    u = 1 / (1 + math.exp(-a_u))
    g = a_h + 0.5 if a_h >= 0 else 1 / (1 + math.exp(-a_h))
    return u * (g if activation == "g" else a_h) + (1 - u) * h


@pytest.mark.parametrize("activation", ["identity", "g"])
@pytest.mark.parametrize("engine", ENGINES.names())
def test_it_equals_its_equations_by_hand(activation: str, engine: str) -> None:
    """Over several steps, with candidates on both sides of 0 and at 0."""
    cell = build(options_of(activation), 3, 1).double()
    with torch.no_grad():
        cell.W_x.copy_(torch.tensor([[0.5, -2.0], [-1.0, 0.0], [2.0, 1.5]]))
    ids, h = [0, 1, 2, 2, 0, 1], 0.7
    found, _ = ENGINES.load(engine)()(cell, torch.tensor(ids)[:, None], (torch.full((1, 1), h, dtype=torch.float64),))
    for t, symbol in enumerate(ids):
        a_u, a_h = cell.W_x[symbol].tolist()
        h = by_hand(activation, a_u, a_h, h)
        assert found[t, 0, 0].item() == pytest.approx(h, rel=1e-12)


@pytest.mark.parametrize("engine", ["autograd", "manual"])
def test_the_gradient_of_g_is_that_of_finite_differences(engine: str) -> None:
    torch.manual_seed(0)
    cell, run = build(options_of("g"), 3, 4).double(), ENGINES.load(engine)()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x, *_: run(cell, x, cell.zero_state(2))[0], (x, *cell.parameters()))


def test_it_has_no_recurrent_matrix_and_no_other_activation() -> None:
    cell = build(options_of("identity"), 3, 4)
    assert cell.W_h is None
    assert {name for name, _ in cell.named_parameters()} == {"W_x", "b"}
    with pytest.raises(ConfigError, match="model.activation: must be 'identity' or 'g', not 'tanh'"):
        options_of("tanh")

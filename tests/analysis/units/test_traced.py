"""What a network did over a text, read in pieces together, against a plain loop over the equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charnn.analysis.units import activity as module
from charnn.analysis.units import traced
from charnn.analysis.units.traced import activity, activity_of_rows, gates_of
from charnn.errors import DivergedError
from charnn.networks.stack import Stack
from tests.models import EVERY_CELL, random_cell, random_example_network, random_network, random_rows


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("length", [1, 5, 12, 26, 29])
def test_pieces_that_are_read_together_equal_one_plain_loop(
    name: str, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four pieces of three steps a stretch: less than a piece, a whole stretch, several and a part of one."""
    monkeypatch.setattr(module, "PIECES", 4)
    monkeypatch.setattr(module, "STEPS", 3)
    model = random_network(name, vocabulary=5, hidden=4, layers=2, embedding=3)
    ids = np.random.default_rng(1).integers(0, 5, length).astype(np.uint8)
    states = model.zero_state(1)
    stretches = list(activity(model, ids))
    assert [(one.start, one.stop) for one in stretches] == [
        (start, min(start + 12, length)) for start in range(0, length, 12)
    ]
    for stretch in stretches:
        for place in range(stretch.start, stretch.stop):
            assert model.embedding is not None
            x = model.embedding[torch.tensor([int(ids[place])])]
            after = []
            for cell, state, layer in zip(model.layers, states, stretch.layers, strict=True):
                state, intermediates = cell.step(cell.project(x[None])[0], state)
                x = state[0]
                after.append(state)
                row = place - stretch.start
                for part, expected in zip(cell.state_parts, state, strict=True):
                    np.testing.assert_allclose(layer.states[part][row], expected[0].detach(), rtol=1e-9, atol=1e-12)
                assert tuple(layer.gates) == gates_of(cell)
                for gate, opening in layer.gates.items():
                    np.testing.assert_allclose(opening[row], intermediates[gate][0].detach(), rtol=1e-9, atol=1e-12)
            states = tuple(after)
            logits = (x @ model.W_q + model.b_q)[0].detach()
            np.testing.assert_allclose(stretch.logits[place - stretch.start], logits, rtol=1e-9, atol=1e-12)


def test_gates_are_those_that_open_and_close() -> None:
    found = {name: gates_of(random_cell(name, 3, 2)) for name in EVERY_CELL}
    assert found["lstm"] == ("u", "f", "o")
    assert found["gru"] == ("u", "r")
    assert found["simple-gru"] == ("u",)
    assert found["rnn"] == found["linear"] == ()
    assert (found["peephole-lstm"], found["min-gru"], found["squared"]) == (("u", "f", "o"), ("u",), ("u",))


def test_weights_that_diverged_are_named() -> None:
    model = random_network("linear")
    with torch.no_grad():
        model.cells[0].W_h.fill_(1e200)  # type: ignore[operator]
    with pytest.raises(DivergedError, match="symbols 0 to 49"):
        list(activity(model, np.zeros(50, np.uint8)))


@pytest.mark.parametrize("name", EVERY_CELL)
def test_rows_are_read_each_from_zero(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of different length in batches of few symbols, against each of them alone."""
    monkeypatch.setattr(traced, "PIECES", 3)
    monkeypatch.setattr(traced, "STEPS", 4)
    encoder = random_example_network("classification", name, layers=2)
    assert isinstance(encoder, Stack)
    rows = [row.numpy().astype(np.uint32) for row in random_rows("classification", 7)[0]]
    stretches = list(activity_of_rows(encoder, rows))
    assert len(stretches) > 1
    assert stretches[-1].stop == sum(map(len, rows))
    alone = [one for row in rows for one in activity_of_rows(encoder, [row])]
    for layer in range(2):
        for part in encoder.layers[layer].state_parts:
            found, expected = (
                np.concatenate([one.layers[layer].states[part] for one in those]) for those in (stretches, alone)
            )
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
            assert np.ptp(found) > 0

"""A whole window in one go, against the same window put together from its parts."""

from __future__ import annotations

import pytest
import torch
from charnn.bptt.whole import whole_window_for
from torch import Tensor

from charnn.bptt.engines import manual
from charnn.networks.language_model import CharacterModel, States
from tests.models import ALL_CELLS, random_model, random_states, relative_difference

STEPS, LANES = 7, 5


def _window(model: CharacterModel) -> tuple[Tensor, States]:
    return torch.randint(0, len(model.b_q), (STEPS + 1, LANES)), random_states(model, LANES)


@pytest.mark.parametrize("counted", [STEPS, 3])
@pytest.mark.parametrize("gates", [None, [1.0, 2.0, 0.0, 1.0, 0.5, 1.0, 2.0]])
@pytest.mark.parametrize("name", ALL_CELLS)
def test_it_is_the_sum_of_its_parts(name: str, gates: list[float] | None, counted: int) -> None:
    model = random_model(name, vocabulary=6, hidden=9)
    ids, states = _window(model)
    targets = ids[1:][STEPS - counted :]
    results = []
    for parts in ({"run": manual.run}, {"whole": whole_window_for("native", None, None)}):
        loss, last = model(ids[:-1], states, gates=gates, targets=targets, **parts)
        results.append([loss.detach(), *last[0], *torch.autograd.grad(0.7 * loss, list(model.parameters()))])
    assert all(relative_difference(b, a) < 1e-12 for a, b in zip(*results, strict=True))


def test_it_leaves_to_the_parts_what_it_cannot_do() -> None:
    whole = whole_window_for("auto", None, None)
    assert whole is not None
    assert whole_window_for("manual", None, None) is None
    assert whole_window_for("autograd", None, None) is None
    for model, every, targets in (
        (random_model("rnn").half(), None, STEPS),
        (random_model("rnn"), 2, STEPS),
        (random_model("rnn"), None, 0),
    ):
        ids, states = _window(model)
        found = whole_window_for("auto", None, every)(
            *model.stack(), model.W_q, model.b_q, ids[:-1], ids[1 : targets + 1], *states, None
        )
        assert found is None


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("embedding", [None, 3])
def test_every_network_gets_the_same_loss(layers: int, embedding: int | None) -> None:
    """Whether it is one layer of one-hot inputs, which is done at once, or not."""
    model = random_model("gru", layers=layers, embedding=embedding)
    ids, states = _window(model)
    losses = [
        model(ids[:-1], states, targets=ids[1:], **parts)[0]
        for parts in ({}, {"whole": whole_window_for("auto", None, None)})
    ]
    gradients = [torch.autograd.grad(loss, list(model.parameters())) for loss in losses]
    assert all(relative_difference(b, a) < 1e-12 for a, b in zip(*gradients, strict=True))

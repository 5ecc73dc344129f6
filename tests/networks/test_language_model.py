"""The character model: a stack of cells between characters and logits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from charnn.bptt.recurrence import engine
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from charnn.bptt.engines import ENGINES
from charnn.configuration.sections import Model
from charnn.networks.initialisation import initialise
from charnn.networks.language_model import CharacterModel, summed_loss
from tests.models import ALL_CELLS, random_model, random_states, relative_difference


def noise_of(seed: int) -> Callable[[Tensor], Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return lambda like: torch.rand(like.shape, generator=generator, dtype=like.dtype)


@pytest.mark.parametrize("name", ALL_CELLS)
@given(data=st.data())
def test_engines_agree_on_stacks(name: str, data: st.DataObject) -> None:
    """Logits, states and the gradient of every parameter, over layers, embeddings, dropout and gates, to 1e-10."""
    draw = data.draw
    layers, embedding, steps = draw(st.integers(1, 3)), draw(st.none() | st.integers(1, 4)), draw(st.integers(1, 6))
    dropout = draw(st.sampled_from([0.0, 0.4])) if layers > 1 else 0.0
    gates = draw(st.none() | st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=steps, max_size=steps))
    results = []
    for run in map(engine, ENGINES.names()):
        model = random_model(name, layers=layers, embedding=embedding, dropout=dropout)
        states, ids = random_states(model, 3), torch.randint(0, 5, (steps + 1, 3))
        noise = noise_of(5)
        logits, last = model(ids[:-1], states, gates=gates, run=run, noise=noise)
        loss = summed_loss(logits, ids[1:]) + sum(part.sum() for state in last for part in state)
        gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
        results.append([logits, *(part for state in last for part in state), *gradients])
    for expected, *others in zip(*results, strict=True):
        for found in others:
            assert (expected is None) == (found is None)
            if expected is not None:
                assert relative_difference(found, expected) < 1e-10


@pytest.mark.parametrize("name", ALL_CELLS)
def test_the_gates_are_shared_by_layers_and_cut_every_part_of_the_state(name: str) -> None:
    """With ξ_3 = 0 the gradient is that of two windows with the state carried and detached between them."""
    model = random_model(name, layers=2)
    ids, states = torch.randint(0, 5, (7, 2)), random_states(model, 2)
    logits, _ = model(ids[:-1], states, gates=[1.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    whole = torch.autograd.grad(summed_loss(logits, ids[1:]), list(model.parameters()))
    first, between = model(ids[:3], states)
    second, _ = model(ids[3:6], tuple(tuple(part.detach() for part in state) for state in between))
    loss = summed_loss(first, ids[1:4]) + summed_loss(second, ids[4:])
    for found, expected in zip(whole, torch.autograd.grad(loss, list(model.parameters())), strict=True):
        assert relative_difference(found, expected) < 1e-12


def test_two_layers_with_an_embedding_equal_torch_nn() -> None:
    model = random_model("lstm", layers=2, embedding=3)
    peer = nn.LSTM(3, 4, num_layers=2).double()
    with torch.no_grad():
        for layer, cell in enumerate(model.cells):
            # torch.nn stores i, f, g, o: our u, f, c, o.
            columns = torch.cat([torch.arange(4) + 4 * cell.gates.index(gate) for gate in "ufco"])
            getattr(peer, f"weight_ih_l{layer}").copy_(cell.W_x.t()[columns])
            getattr(peer, f"weight_hh_l{layer}").copy_(cell.W_h.t()[columns])
            getattr(peer, f"bias_ih_l{layer}").copy_(cell.b[columns])
            getattr(peer, f"bias_hh_l{layer}").zero_()
    ids = torch.randint(0, 5, (6, 2))
    hidden, _ = peer(model.embedding[ids])
    logits, _ = model(ids, model.zero_state(2))
    assert relative_difference(logits, hidden @ model.W_q + model.b_q) < 1e-12


def test_dropout_falls_between_layers_only_while_training() -> None:
    model = random_model("rnn", layers=2, hidden=200, dropout=0.5)
    ids, states = torch.randint(0, 5, (4, 2)), model.zero_state(2)
    quiet, _ = model(ids, states)
    assert torch.equal(quiet, model(ids, states)[0])
    one, again, other = (model(ids, states, noise=noise_of(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    dropped = model._drop(torch.ones(1000, 1000), noise_of(1))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert float(dropped.mean()) == pytest.approx(1, abs=0.01)


def test_the_summed_loss_is_the_cross_entropy() -> None:
    logits, targets = torch.randn(3, 2, 5).double(), torch.randint(0, 5, (3, 2))
    slow = 0.0
    for t in range(3):
        for lane in range(2):
            o = logits[t, lane]
            slow -= float(torch.log(torch.exp(o[targets[t, lane]]) / torch.exp(o).sum()))
    assert float(summed_loss(logits, targets)) == pytest.approx(slow, rel=1e-12)


@pytest.mark.parametrize("name", ALL_CELLS)
def test_orthogonal_initialisation(name: str) -> None:
    model = CharacterModel(300, Model(cell=name, hidden=64, layers=2))
    initialise(model, "orthogonal", seed=1)
    for layer, cell in enumerate(model.cells):
        for gate in cell.gates:
            matrix = cell.W_h.detach()[:, cell.columns((gate,))]
            torch.testing.assert_close(matrix.t() @ matrix, torch.eye(64), atol=1e-5, rtol=0)
            if cell.b is not None:
                expected = 1.0 if (name, gate) == ("lstm", "f") else 0.0
                assert (cell.b.detach()[cell.columns((gate,))] == expected).all()
        # One-hot inputs on an embedding's scale, dense ones so that their sums have it.
        assert float(cell.W_x.detach().std()) == pytest.approx(1.0 if layer == 0 else 64**-0.5, rel=0.05)
    assert float(model.W_q.detach().std()) == pytest.approx(64**-0.5, rel=0.05)


def test_gaussian_initialisation_and_its_seed() -> None:
    models = []
    for seed in (1, 1, 2):
        model = CharacterModel(100, Model(cell="lstm", hidden=50))
        initialise(model, "gaussian", seed)
        models.append(model)
    for parameter in models[0].parameters():
        if parameter.dim() == 1:
            assert (parameter == 0).all()
        else:
            assert float(parameter.detach().std()) == pytest.approx(0.01, rel=0.05)
    assert torch.equal(models[0].W_q, models[1].W_q)
    assert not torch.equal(models[0].W_q, models[2].W_q)

"""The language model: a stack of cells between symbols and logits, and the losses of a batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from charnn.bptt.execution import Execution
from charnn.configuration.sections import Model, default_cell
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.initialisation import initialise
from charnn.networks.readout import cross_entropy
from charnn.networks.stack import States
from tests.models import (
    ALL_CELLS,
    ALL_ENGINES,
    EVERY_CELL,
    batch_of,
    dropout_of,
    random_network,
    random_states,
    relative_difference,
)


@pytest.mark.parametrize("name", ALL_CELLS)
@given(data=st.data())
def test_engines_agree_on_stacks(name: str, data: st.DataObject) -> None:
    """Logits, states and the gradient of every parameter, over layers, embeddings, dropout and ξ, to 1e-10."""
    draw = data.draw
    layers, embedding, steps = draw(st.integers(1, 3)), draw(st.none() | st.integers(1, 4)), draw(st.integers(1, 6))
    dropout = draw(st.sampled_from([0.0, 0.4])) if layers > 1 else 0.0
    xi = draw(st.none() | st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=steps, max_size=steps))
    results = []
    for engine in ALL_ENGINES:
        network = random_network(name, layers=layers, embedding=embedding)
        states, ids = random_states(network, 3), torch.randint(0, 5, (steps + 1, 3))
        left_out = dropout_of(3, seed=5, layers=layers, dropout=dropout)
        logits, last = network.logits(ids[:-1], states, Execution.of(engine), xi, left_out)
        loss = cross_entropy(logits, ids[1:]) + sum(part.sum() for state in last for part in state)
        gradients = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)
        results.append([logits, *(part for state in last for part in state), *gradients])
    for expected, *others in zip(*results, strict=True):
        for found in others:
            assert (expected is None) == (found is None)
            if expected is not None:
                assert relative_difference(found, expected) < 1e-10


@pytest.mark.parametrize("name", ALL_CELLS)
def test_xi_is_shared_by_layers_and_cuts_every_part_of_the_state(name: str) -> None:
    """With ξ_3 = 0 the gradient is that of two windows with the state carried and detached between them."""
    network = random_network(name, layers=2)
    ids, states = torch.randint(0, 5, (7, 2)), random_states(network, 2)
    logits, _ = network.logits(ids[:-1], states, xi=[1.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    whole = torch.autograd.grad(cross_entropy(logits, ids[1:]), list(network.parameters()))
    first, between = network.logits(ids[:3], states)
    second, _ = network.logits(ids[3:6], tuple(tuple(part.detach() for part in state) for state in between))
    loss = cross_entropy(first, ids[1:4]) + cross_entropy(second, ids[4:])
    for found, expected in zip(whole, torch.autograd.grad(loss, list(network.parameters())), strict=True):
        assert relative_difference(found, expected) < 1e-12


def test_two_layers_with_an_embedding_equal_torch_nn() -> None:
    network = random_network("lstm", layers=2, embedding=3)
    peer = nn.LSTM(3, 4, num_layers=2).double()
    with torch.no_grad():
        for layer, cell in enumerate(network.layers):
            # torch.nn stores i, f, g, o: our u, f, c, o.
            columns = torch.cat([torch.arange(4) + 4 * cell.gates.index(gate) for gate in "ufco"])
            getattr(peer, f"weight_ih_l{layer}").copy_(cell.W_x.t()[columns])
            getattr(peer, f"weight_hh_l{layer}").copy_(cell.W_h.t()[columns])
            getattr(peer, f"bias_ih_l{layer}").copy_(cell.b[columns])
            getattr(peer, f"bias_hh_l{layer}").zero_()
    ids = torch.randint(0, 5, (6, 2))
    hidden, _ = peer(network.embedding[ids])
    logits, _ = network.logits(ids, network.zero_state(2))
    assert relative_difference(logits, hidden @ network.W_q + network.b_q) < 1e-12


def test_dropout_falls_between_layers_only_while_training() -> None:
    network = random_network("rnn", layers=2, hidden=200)
    ids, states = torch.randint(0, 5, (4, 2)), network.zero_state(2)
    quiet, _ = network.logits(ids, states)
    assert torch.equal(quiet, network.logits(ids, states)[0])
    one, again, other = (
        network.logits(ids, states, dropout=dropout_of(2, seed=seed, dropout=0.5))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_the_cross_entropy_is_the_sum_written_out() -> None:
    logits, targets = torch.randn(3, 2, 5).double(), torch.randint(0, 5, (3, 2))
    slow = 0.0
    for t in range(3):
        for lane in range(2):
            o = logits[t, lane]
            slow -= float(torch.log(torch.exp(o[targets[t, lane]]) / torch.exp(o).sum()))
    assert float(cross_entropy(logits, targets)) == pytest.approx(slow, rel=1e-12)


def test_the_readout_takes_any_rows() -> None:
    readout, h = random_network("rnn", vocabulary=6, hidden=3).readout, torch.randn(4, 2, 3, dtype=torch.float64)
    expected = h @ readout.W_q + readout.b_q
    torch.testing.assert_close(readout.logits(h), expected, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(readout.logits(h[1]), expected[1], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", EVERY_CELL)
@settings(max_examples=30)
@given(data=st.data())
def test_the_loss_of_a_batch_is_that_of_its_logits(name: str, data: st.DataObject) -> None:
    """Over layers, embeddings, ξ, losses that do not count, and states that are saved inside; on every engine."""
    draw = data.draw
    layers, embedding, steps = draw(st.integers(1, 2)), draw(st.none() | st.integers(1, 4)), draw(st.integers(1, 6))
    xi = draw(st.none() | st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=steps, max_size=steps))
    count_from, save_at = draw(st.integers(0, steps - 1)), draw(st.integers(0, steps))
    recompute: Any = draw(st.sampled_from(["none", "auto", 2]))
    network = random_network(name, layers=layers, embedding=embedding)
    parameters, states = list(network.parameters()), random_states(network, 3)
    batch = batch_of(torch.randint(0, 5, (steps + 1, 3)), xi, count_from, save_at)
    logits, _ = network.logits(batch.inputs, states, Execution.of("autograd"), xi)
    loss = cross_entropy(logits[count_from:], batch.targets[count_from:])
    _, saved = network.logits(batch.inputs[:save_at], states) if save_at else (None, states)
    expected = [loss, *flat(saved), *torch.autograd.grad(loss, parameters, allow_unused=True)]
    for engine in ALL_ENGINES:
        loss, saved = network(batch, states, Execution.of(engine, recompute=recompute))
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for found, wanted in zip([loss, *flat(saved), *gradients], expected, strict=True):
            if wanted is None or not wanted.any():
                assert found is None or not found.any()
            else:
                assert found is not None
                assert relative_difference(found, wanted) < 1e-10


def flat(states: States) -> list[Tensor]:
    return [part for state in states for part in state]


def test_one_layer_over_one_hot_symbols_is_read_as_one_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else is: more layers, an embedding, or a state that is saved inside."""
    fused, window = list[bool](), Execution.window

    def noting(*arguments: Any) -> Any:
        fused.append(True)
        return window(*arguments)

    monkeypatch.setattr(Execution, "window", noting)
    ids = torch.randint(0, 5, (7, 3))
    cases: list[tuple[dict[str, Any], int | None, bool]] = [
        ({}, None, True),
        ({}, 0, True),
        ({}, 3, False),
        ({"layers": 2}, None, False),
        ({"embedding": 3}, None, False),
    ]
    for shape, save_at, expected in cases:
        network = random_network("gru", **shape)
        network(batch_of(ids, save_at=save_at), random_states(network, 3), Execution.of("auto"))
        assert bool(fused) == expected
        fused.clear()


@pytest.mark.parametrize("name", ALL_CELLS)
def test_orthogonal_initialisation(name: str) -> None:
    network = LanguageModel(300, Model(cell=default_cell(name), hidden=64, layers=2))
    initialise(network, "orthogonal", seed=1)
    for layer, cell in enumerate(network.layers):
        for gate in cell.gates:
            if cell.recurrent:
                matrix = cell.W_h.detach()[:, cell.columns((gate,))]
                torch.testing.assert_close(matrix.t() @ matrix, torch.eye(64), atol=1e-5, rtol=0)
            if cell.b is not None:
                expected = 1.0 if gate == "f" else 0.0
                assert (cell.b.detach()[cell.columns((gate,))] == expected).all()
        # One-hot inputs on an embedding's scale, dense ones so that their sums have it.
        assert float(cell.W_x.detach().std()) == pytest.approx(1.0 if layer == 0 else 64**-0.5, rel=0.05)
    assert float(network.W_q.detach().std()) == pytest.approx(64**-0.5, rel=0.05)


def test_gaussian_initialisation_and_its_seed() -> None:
    networks = []
    for seed in (1, 1, 2):
        network = LanguageModel(100, Model(cell=default_cell("lstm"), hidden=50))
        initialise(network, "gaussian", seed)
        networks.append(network)
    for parameter in networks[0].parameters():
        if parameter.dim() == 1:
            assert (parameter == 0).all()
        else:
            assert float(parameter.detach().std()) == pytest.approx(0.01, rel=0.05)
    assert torch.equal(networks[0].W_q, networks[1].W_q)
    assert not torch.equal(networks[0].W_q, networks[2].W_q)

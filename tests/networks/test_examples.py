"""The networks of examples: rows side by side are rows one at a time, and torch's own networks are oracles."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from charnn.batches.batch import ExampleBatch
from charnn.bptt.execution import Execution
from charnn.networks.classifier import Classifier
from charnn.networks.decoder import Decoder
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.stack import Stack
from tests.models import (
    ALL_ENGINES,
    EVERY_CELL,
    EXAMPLE_TASKS,
    example_batch,
    random_example_network,
    random_rows,
)

OPTIONS: list[dict[str, Any]] = [
    {},
    {"layers": 2, "residual": True},
    {"layers": 2, "embedding": 3, "reverse_source": True},
    {"text_weight": 0.3},
]
BATCHES = 10


def gradients(network: nn.Module, batch: ExampleBatch, engine: str) -> list[Tensor]:
    """The loss, and its gradient in every parameter."""
    loss, _ = network(batch, (), Execution.of(engine))
    found = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)
    shapes = zip(found, network.parameters(), strict=True)
    return [loss.detach(), *(torch.zeros_like(like) if part is None else part for part, like in shapes)]


def gates_of(rows: list[Tensor], further: int, seed: int) -> Tensor:
    """ξ of each step and row, by the position in the row: of 0, 1 and 2."""
    generator = torch.Generator().manual_seed(seed)
    steps = max(map(len, rows)) + further
    return torch.randint(0, 3, (steps, len(rows)), generator=generator).double()


def rows_together_are_rows_alone(task: str, cell: str, engine: str, data: st.DataObject) -> None:
    """Loss and every gradient, ‖a − b‖ ≤ 1e-12 · Σ ‖gradients of rows‖; in another order too."""
    count, seed = data.draw(st.integers(1, 5)), data.draw(st.integers(0, 10_000))
    options = data.draw(st.sampled_from(OPTIONS))
    network = random_example_network(task, cell, seed=seed, **options)
    inputs, targets = random_rows(task, count)
    gates = data.draw(st.booleans())
    first, second = gates_of(inputs, 0, seed), gates_of(targets, 1, seed + 1)

    def batch(rows: list[int]) -> ExampleBatch:
        own, asked = [inputs[row] for row in rows], [targets[row] for row in rows]
        xi: dict[str, object] = {}
        if gates:
            xi["input_xi"] = first[: max(map(len, own)), rows].contiguous()
            xi["target_xi"] = second[: max(map(len, asked)) + 1, rows].contiguous()
        return example_batch(own, asked, **xi)

    order = data.draw(st.permutations(range(count)))
    alone = [gradients(network, batch([row]), engine) for row in range(count)]
    for together in (gradients(network, batch(list(range(count))), engine), gradients(network, batch(order), engine)):
        for found, *parts in zip(together, *alone, strict=True):
            assert (found - sum(parts)).norm() <= 1e-12 * sum(part.norm() for part in parts) + 1e-15


@pytest.mark.parametrize("task", EXAMPLE_TASKS)
@pytest.mark.parametrize("cell", EVERY_CELL)
@pytest.mark.parametrize("engine", ALL_ENGINES)
@hypothesis_settings(max_examples=BATCHES)
@given(data=st.data())
def test_what_is_padded_never_counts(task: str, cell: str, engine: str, data: st.DataObject) -> None:
    rows_together_are_rows_alone(task, cell, engine, data)


@pytest.mark.soak
@pytest.mark.parametrize("task", EXAMPLE_TASKS)
@pytest.mark.parametrize("cell", EVERY_CELL)
@pytest.mark.parametrize("engine", ALL_ENGINES)
@hypothesis_settings(max_examples=200)
@given(data=st.data())
def test_what_is_padded_never_counts_in_many_batches(task: str, cell: str, engine: str, data: st.DataObject) -> None:
    rows_together_are_rows_alone(task, cell, engine, data)


def torch_stack(kind: str, stack: Stack, hidden: int) -> nn.RNNBase:
    """torch's own layers with the weights of a stack; its second bias is 0."""
    first = stack.layers[0]
    theirs = (nn.LSTM if kind == "lstm" else nn.RNN)(first.inputs, hidden, len(stack.layers)).double()
    order = [first.gates.index(gate) for gate in (("u", "f", "c", "o") if kind == "lstm" else ("h",))]

    def sorted_gates(weight: Tensor) -> Tensor:
        blocks = weight.chunk(len(order), dim=-1)
        return torch.cat([blocks[place] for place in order], dim=-1)

    with torch.no_grad():
        for number, cell in enumerate(stack.layers):
            assert cell.b is not None
            getattr(theirs, f"weight_ih_l{number}").copy_(sorted_gates(cell.W_x).t())
            getattr(theirs, f"weight_hh_l{number}").copy_(sorted_gates(cell.W_h).t())
            getattr(theirs, f"bias_ih_l{number}").copy_(sorted_gates(cell.b))
            getattr(theirs, f"bias_hh_l{number}").zero_()
    return theirs


def packed(inputs: list[Tensor], symbols: int) -> nn.utils.rnn.PackedSequence:
    return nn.utils.rnn.pack_sequence([one_hot(row, symbols).double() for row in inputs], enforce_sorted=False)


def assert_same_gradients(stack: Stack, theirs: nn.RNNBase, kind: str) -> None:
    """The gradients of charnn's weights are torch's, gates sorted alike."""
    first = stack.layers[0]
    order = [first.gates.index(gate) for gate in (("u", "f", "c", "o") if kind == "lstm" else ("h",))]
    for number, cell in enumerate(stack.layers):
        for ours, name in ((cell.W_x, "weight_ih"), (cell.W_h, "weight_hh")):
            assert ours.grad is not None
            blocks = ours.grad.chunk(len(order), dim=1)
            mine = torch.cat([blocks[place] for place in order], dim=1).t()
            torch.testing.assert_close(mine, getattr(theirs, f"{name}_l{number}").grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", ["lstm", "rnn"])
@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_a_classifier_is_torch_s_on_packed_sequences(kind: str, engine: str) -> None:
    network = random_example_network("classification", kind, hidden=6, layers=2)
    assert isinstance(network, Classifier)
    inputs, targets = random_rows("classification", 7)
    theirs = torch_stack(kind, network, 6)
    _, last = theirs(packed(inputs, 5))
    h = (last[0] if kind == "lstm" else last)[-1]
    logits = h @ network.W_q.detach() + network.b_q.detach()
    batch = example_batch(inputs, targets)
    torch.testing.assert_close(network.logits(batch.inputs), logits, rtol=1e-10, atol=1e-12)
    cross_entropy(logits, torch.cat(targets), reduction="sum").backward()
    network(batch, (), Execution.of(engine))[0].backward()
    assert_same_gradients(network, theirs, kind)


@pytest.mark.parametrize("kind", ["lstm", "rnn"])
@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_an_encoder_decoder_is_a_pair_of_torch_s(kind: str, engine: str) -> None:
    network = random_example_network("sequence-to-sequence", kind, hidden=6, layers=2)
    assert isinstance(network, EncoderDecoder)
    inputs, targets = random_rows("sequence-to-sequence", 7)
    encoder, decoder = (torch_stack(kind, one, 6) for one in (network.encoder, network.decoder))
    _, state = encoder(packed(inputs, 5))
    border = torch.tensor([5])
    reads = nn.utils.rnn.pack_sequence(
        [one_hot(torch.cat((border, row)), 6).double() for row in targets], enforce_sorted=False
    )
    h, lengths = nn.utils.rnn.pad_packed_sequence(decoder(reads, state)[0])
    logits = h @ network.decoder.W_q.detach() + network.decoder.b_q.detach()
    loss = sum(
        cross_entropy(logits[:length, row], torch.cat((targets[row], border)), reduction="sum")
        for row, length in enumerate(lengths.tolist())
    )
    ours, _ = network(example_batch(inputs, targets), (), Execution.of(engine))
    torch.testing.assert_close(ours, loss, rtol=1e-10, atol=1e-12)
    assert isinstance(loss, Tensor)
    loss.backward()
    ours.backward()
    assert_same_gradients(network.encoder, encoder, kind)
    assert_same_gradients(network.decoder, decoder, kind)


@pytest.mark.parametrize("task", EXAMPLE_TASKS)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_random_gates_inside_rows_are_unbiased(task: str, cell: str) -> None:
    """Over all draws of all gates, weighted by their probability, the gradient is the full one."""
    network, pi = random_example_network(task, cell, hidden=3), 0.6
    inputs, targets = random_rows(task, 1, longest=3)
    full = gradients(network, example_batch(inputs, targets), "auto")[1:]
    expected = [torch.zeros_like(part) for part in full]
    steps, further = len(inputs[0]), len(targets[0]) + 1
    for drawn in product((False, True), repeat=steps + further):
        xi = torch.tensor([1 / pi if kept else 0.0 for kept in drawn], dtype=torch.float64)[:, None]
        weight = pi ** sum(drawn) * (1 - pi) ** (len(drawn) - sum(drawn))
        batch = example_batch(inputs, targets, input_xi=xi[:steps].contiguous(), target_xi=xi[steps:].contiguous())
        for total, part in zip(expected, gradients(network, batch, "auto")[1:], strict=True):
            total += weight * part
    for found, wanted in zip(expected, full, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-12)


def test_weights_scale_the_losses_of_rows() -> None:
    network = random_example_network("classification", "gru", layers=2)
    inputs, targets = random_rows("classification", 4)
    weights = torch.tensor([0.0, 1.0, 2.0, 0.5]).double()
    weighted, _ = network(example_batch(inputs, targets, weights=weights), (), Execution.of())
    alone = [network(example_batch([a], [b]), (), Execution.of())[0] for a, b in zip(inputs, targets, strict=True)]
    torch.testing.assert_close(weighted, (torch.stack(alone) * weights).sum(), rtol=1e-10, atol=1e-12)


def test_the_border_is_no_symbol_of_a_text() -> None:
    network = random_example_network("sequence-to-sequence", "rnn")
    assert isinstance(network, EncoderDecoder)
    assert isinstance(network.decoder, Decoder)
    assert network.decoder.border == 5
    assert network.decoder.W_q.shape[1] == 6


@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_a_classifier_may_be_asked_for_the_text_too(engine: str) -> None:
    network = random_example_network("classification", "gru", text_weight=0.3)
    assert isinstance(network, Classifier)
    inputs, targets = random_rows("classification", 4)
    batch = example_batch(inputs, targets)
    expected = cross_entropy(network.logits(batch.inputs), torch.cat(targets), reduction="sum")
    for text in inputs:
        h = network.outputs(example_batch([text], targets[:1]).inputs, Execution.of("autograd"))[:, 0]
        asked = torch.cat((text[1:], torch.tensor([5])))  # five symbols, and the end behind them
        expected = expected + 0.3 * cross_entropy(h @ network.W_s + network.b_s, asked, reduction="sum")
    loss, _ = network(batch, (), Execution.of(engine))
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    parameters = list(network.parameters())
    found, wanted = (torch.autograd.grad(one, parameters) for one in (loss, expected))
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-12)


def test_what_is_not_asked_for_has_no_weights() -> None:
    names = [name for name, _ in random_example_network("classification", "gru").named_parameters()]
    assert not {"W_s", "b_s"} & set(names)

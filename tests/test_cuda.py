"""On a CUDA device everything is as on the CPU; skipped where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from charnn.bptt.execution import Execution
from charnn.networks.readout import cross_entropy
from charnn.nn import GRU, LSTM, RNN, SimpleGRU
from tests.cli.conftest import Charnn, charnn  # noqa: F401 (a fixture)
from tests.models import ALL_CELLS, ALL_ENGINES, random_network, random_states, relative_difference

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.mark.parametrize("name", ALL_CELLS)
@pytest.mark.parametrize("runner", ALL_ENGINES)
def test_gradients_are_those_of_the_cpu(name: str, runner: str) -> None:
    network = random_network(name, layers=2)
    states, ids = random_states(network, 3), torch.randint(0, 5, (7, 3))
    results = []
    for device in ("cpu", "cuda"):
        network, ids = network.to(device), ids.to(device)
        placed = tuple(tuple(part.to(device) for part in state) for state in states)
        logits, _ = network.logits(ids[:-1], placed, Execution.of(runner))
        gradients = torch.autograd.grad(cross_entropy(logits, ids[1:]), list(network.parameters()))
        results.append([part.cpu() for part in (logits, *gradients)])
    for expected, found in zip(*results, strict=True):
        assert relative_difference(found, expected) < 1e-10


@pytest.mark.parametrize("layer", [GRU, LSTM, RNN, SimpleGRU])
def test_packed_sequences_are_as_on_the_cpu(layer: Any) -> None:
    torch.manual_seed(1)
    net, rows = layer(3, 4, 2, dtype=torch.float64), [torch.randn(n, 3, dtype=torch.float64) for n in (2, 5, 1)]
    results = []
    for device in ("cpu", "cuda"):
        net = net.to(device)
        output, state = net(pack_sequence([row.to(device) for row in rows], enforce_sorted=False))
        assert isinstance(output, PackedSequence)
        gradients = torch.autograd.grad(output.data.square().sum(), list(net.parameters()))
        parts = state if isinstance(state, tuple) else (state,)
        results.append([part.cpu() for part in (output.data, *parts, *gradients)])
    for expected, found in zip(*results, strict=True):
        assert relative_difference(found, expected) < 1e-10


def test_units_of_an_encoder_are_as_on_the_cpu(charnn: Charnn) -> None:  # noqa: F811 (the fixture)
    Path("rows.tsv").write_text("text\tlabel\n" + "".join(f"{c * n}\t{c}\n" for c in "ab" for n in range(1, 9)))
    corpus = "corpus={source: rows.tsv, input: text, target: label}"
    done = charnn("train", "-c", "hello", "-s", corpus, "-s", "task.name=classification", "-s", "train.steps=3")
    assert done.code == 0, done.err
    cpu, cuda = (charnn("inspect", "units", "--unit", "1", "--json", "--device", one).json for one in ("cpu", "cuda"))
    values = ([symbol["value"] for symbol in found["symbols"]] for found in (cpu, cuda))
    assert all(a == pytest.approx(b, abs=1e-9) for a, b in zip(*values, strict=True))


def test_a_training_on_cuda_samples_and_scores(charnn: Charnn) -> None:  # noqa: F811 (the fixture)
    trained = charnn("train", "-c", "hello", "--device", "cuda")
    assert trained.code == 0, trained.err
    arguments = ("sample", "--prime", "h", "--length", "4", "--temperature", "0", "--device")
    assert charnn(*arguments, "cuda").text == charnn(*arguments, "cpu").text == "hello\n"

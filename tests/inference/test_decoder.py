"""Networks that are read by kernels alone: against torch, with torch loaded and without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from charnn.bptt.execution import Execution
from charnn.configuration.sections import Model, default_cell
from charnn.evaluation.score import score
from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.inference.loading import Weights, has_kernels, may_have_cuda
from charnn.kernels.library import library
from charnn.networks.language_model import LanguageModel
from charnn.networks.reading.arrays import as_arrays, states_of
from charnn.storage.tensor_file import write_tensors
from tests.inference.cases import ANSWERS, digests
from tests.models import ALL_CELLS, KERNEL_CELLS, random_example_network, random_network, random_states

pytestmark = pytest.mark.skipif(library() is None, reason="there are no compiled kernels")

BOUNDS = {torch.float64: 1e-12, torch.float32: 2e-6}
SHAPES: list[dict[str, Any]] = [{}, {"layers": 2}, {"layers": 3, "residual": True}, {"embedding": 3}]


def network_of(cell: str, symbols: int, dtype: torch.dtype, seed: int, **model: Any) -> tuple[LanguageModel, Model]:
    torch.manual_seed(seed)
    options = Model.model_validate({"cell": default_cell(cell), "hidden": 9, **model})
    network = LanguageModel(symbols, options).to(dtype)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7 / options.hidden**0.5)
    return network, options


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("cell", KERNEL_CELLS)
def test_it_reads_as_autograd_does(cell: str, shape: dict[str, Any], dtype: torch.dtype) -> None:
    network, _ = network_of(cell, 7, dtype, 1, **shape)
    arrays = as_arrays(network)
    assert arrays is not None
    states, ids = random_states(network, 3), torch.randint(7, (6, 3))
    targets = torch.randint(7, (6, 3))
    with torch.no_grad():
        logits, last = network.logits(ids, states, Execution.of("autograd"))
    found, after = arrays.logits(ids.numpy(), states_of(states))
    np.testing.assert_allclose(found, logits.numpy(), atol=BOUNDS[dtype])
    for ours, theirs in zip(after, states_of(last), strict=True):
        for part, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(part, other, atol=BOUNDS[dtype])
    losses, _ = arrays.losses(ids.numpy(), targets.numpy(), states_of(states))
    expected = -torch.log_softmax(logits.double(), -1).gather(-1, targets[..., None])[..., 0]
    np.testing.assert_allclose(losses, expected.numpy(), atol=BOUNDS[dtype])


def test_what_there_are_no_kernels_for_is_left_to_torch() -> None:
    for cell in ALL_CELLS:
        network = random_network(cell)
        assert (as_arrays(network) is None) == (cell not in KERNEL_CELLS)
        assert has_kernels(Model.model_validate({"cell": default_cell(cell)})) == (cell in KERNEL_CELLS)


def test_a_layer_whose_input_is_added_to_its_output_draws_too() -> None:
    network, _ = network_of("gru", 7, torch.float64, 2, layers=2, residual=True)
    by_kernels, by_torch = (
        [ids.tolist() for ids in continue_text(network, network.zero_state(1), [1], Choice(), [[3]], 60, native=native)]
        for native in (True, False)
    )
    assert by_kernels == by_torch


def test_cuda_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/dev/nvidiactl")
    assert may_have_cuda()
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert not may_have_cuda()


def test_weights_of_another_model_are_refused() -> None:
    network, options = network_of("lstm", 7, torch.float32, 3, layers=2)
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    assert Weights(options, arrays, "float32", "weights").decoder(7) is not None
    with pytest.raises(Exception, match="W_q should have shape"):
        Weights(options, arrays, "float32", "weights").decoder(8)
    others = {name: array for name, array in arrays.items() if name != "W_q"}
    with pytest.raises(Exception, match="W_q should have shape .* be missing"):
        Weights(options, others, "float32", "weights").decoder(7)
    broken = {**arrays, "b_q": np.full(7, np.nan, dtype=np.float32)}
    with pytest.raises(Exception, match="`b_q` holds numbers that are not finite"):
        Weights(options, broken, "float32", "weights").decoder(7)


# Reads what `random_case` wrote, without torch, and prints losses and texts to the bit.
WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
from pathlib import Path
from tests.inference.cases import digests
for folder in sorted(Path(sys.argv[1]).iterdir()):
    print(folder.name, *digests(folder))
"""


def compare(folder: Path, count: int) -> None:
    for number in range(count):
        random_case(folder / f"{number:04}", number)
    here = [" ".join([path.name, *digests(path)]) for path in sorted(folder.iterdir())]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent.parent,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == here


def random_case(folder: Path, number: int) -> None:
    random = Random(number)
    shape = {**random.choice(SHAPES), "hidden": random.randint(1, 70)}
    cell, symbols = random.choice(KERNEL_CELLS), random.randint(2, 70)
    dtype = random.choice(["float32", "float64"])
    task = random.choice(list(ANSWERS))
    if task == "language-model":
        network: Any = network_of(cell, symbols, getattr(torch, dtype), number, **shape)[0]
    else:
        network = random_example_network(task, cell, symbols, seed=number, **shape).to(getattr(torch, dtype))
    folder.mkdir()
    settings = {
        "task": task,
        "cell": cell,
        "model": shape,
        "symbols": symbols,
        "dtype": dtype,
        "temperature": random.choice([0.0, 0.5, 1.0, 1.7]),
        "top_k": random.choice([None, 1, 3]),
        "top_p": random.choice([None, 0.5, 0.9]),
        "lanes": random.randint(1, 5),
        "seed": number,
    }
    write_tensors(folder / "weights.safetensors", network.state_dict(), settings)


def test_with_torch_and_without_it_everything_is_equal_to_the_bit(tmp_path: Path) -> None:
    compare(tmp_path, 25)


@pytest.mark.soak
def test_of_a_thousand_networks(tmp_path: Path) -> None:
    compare(tmp_path, 1000)


def test_a_score_is_that_of_the_same_network_in_torch() -> None:
    network, _ = network_of("lstm", 7, torch.float64, 4)
    ids = np.random.default_rng(1).integers(0, 7, 5000).astype(np.uint8)
    read = torch.from_numpy(ids.astype(np.int64))
    with torch.no_grad():
        logits, _ = network.logits(read[:-1, None], network.zero_state(1), Execution.of("manual"))
    expected = torch.nn.functional.cross_entropy(logits[:, 0], read[1:], reduction="none")
    np.testing.assert_allclose(score(network, ids).losses, expected.numpy(), atol=1e-12)

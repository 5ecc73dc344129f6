"""Weights of a cell's own reach everything that weights go through, and none is left out in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from charnn.batches.running_text import RunningText
from charnn.bptt.strategies import STRATEGIES
from charnn.cells import CELLS, build
from charnn.cells._module import refuse_undeclared
from charnn.configuration.config import Config
from charnn.configuration.reading import read_settings
from charnn.data.running_text.lanes import Lanes
from charnn.errors import UsageError
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.initialisation import initialise
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.tasks.language_model import trained_text_network
from charnn.training.resume import Continuation, resume
from charnn.training.trainer import Trainer
from tests.cells.others import OTHERS, UNUSUAL, others
from tests.models import ALL_CELLS, ALL_ENGINES, random_cell, relative_difference
from tests.training.onlooker import Onlooker
from tests.training.starting import start

IDS = np.random.default_rng(3).integers(0, 5, 83).astype(np.uint8)
TEXT = "the cat sat on the mat and the dog sat on the log. "


@pytest.fixture(autouse=True)
def _others() -> Iterator[None]:
    with others():
        yield


def test_a_new_cell_is_one_new_file() -> None:
    assert CELLS.names() == sorted([*ALL_CELLS, *OTHERS])
    for name in OTHERS:
        assert CELLS.load(name).name == CELLS.load(name).Options.name == name


def config_of_cell(name: str, *settings: str) -> Config:
    return read_settings(
        *("corpus.text=x", f"model={{cell: {name}, hidden: 4, layers: 2}}", "train={lanes: 2, dtype: float64}"),
        *settings,
    )


def trainer_of(config: Config) -> Trainer:
    network = LanguageModel(5, config.model).double()
    initialise(network, "orthogonal", seed=1)
    loader = RunningText(Lanes(IDS, 2), STRATEGIES.of(config.bptt.strategy), 1, "mean", network.device)
    return Trainer(config, network, loader)


@pytest.mark.parametrize("name", UNUSUAL)
def test_every_weight_is_trained_alike_on_every_engine(name: str) -> None:
    """Ten updates: all weights move, to the same place; checkpoints hold them and the optimiser's memory of them."""
    results = []
    for engine in ["autograd", *ALL_ENGINES]:
        trainer = trainer_of(config_of_cell(name, f"bptt={{tau: 6, engine: {engine}, recompute: 4}}"))
        before = {key: tensor.clone() for key, tensor in trainer.tensors().items()}
        for batch, _ in zip(trainer.loader.batches(), range(10), strict=False):
            trainer.step(batch)
        after = trainer.tensors()
        for parameter, _ in trainer.network.named_parameters():
            assert not torch.equal(before[f"model.{parameter}"], after[f"model.{parameter}"]), parameter
            assert f"optimizer.{parameter}.exp_avg" in after
        results.append(after)
        again = trainer_of(trainer.config)
        again.load(after, trainer.document())
        for found, expected in zip(again.network.parameters(), trainer.network.parameters(), strict=True):
            assert torch.equal(found, expected)
    for other in results[1:]:
        assert other.keys() == results[0].keys()
        for key, tensor in results[0].items():
            assert relative_difference(other[key], tensor) < 1e-10, key


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_run_of_a_new_cell_is_trained_resumed_sampled_and_read_again(name: str) -> None:
    settings = (f"corpus={{text: '{TEXT * 2}', split: [0.8, 0.2]}}", f"model={{cell: {name}, hidden: 4}}",
                "bptt.tau=6", "train={lanes: 2, steps: 4, sample_every: 2}")  # fmt: skip
    whole = start(read_settings(*settings), Destination("whole", Path("whole")), Onlooker())
    whole.run_to_end()
    start(read_settings(*settings, "train.steps=2"), Destination("run", Path("run")), Onlooker()).run_to_end()
    resumed = resume(Continuation(Run(Path("run")), settings=["train.steps=4"]), Onlooker())
    resumed.run_to_end()
    for found, expected in zip(
        trained_text_network(Run(Path("run")), "last", torch.device("cpu")).parameters(),
        whole.trainer.network.parameters(),
        strict=True,
    ):
        assert torch.equal(found, expected)
    assert [row["step"] for row in Run(Path("run")).rows("samples.jsonl")] == [0, 2, 4]


def test_a_vector_starts_at_zero_and_a_matrix_orthogonal_gate_by_gate() -> None:
    for name in UNUSUAL:
        network = LanguageModel(300, config_of_cell(name, "model.hidden=64").model)
        initialise(network, "orthogonal", 1)
        for cell in network.layers:
            for weight in cell.weights:
                values = cell.get_parameter(weight.name).detach()
                if weight.diagonal:
                    assert not values.any()
                    continue
                for matrix in values.chunk(len(weight.gates), dim=1):
                    torch.testing.assert_close(matrix.t() @ matrix, torch.eye(64), atol=1e-5, rtol=0)


def test_gaussian_weights_are_small() -> None:
    network = LanguageModel(5, config_of_cell("squared", "model.hidden=64").model)
    initialise(network, "gaussian", 1)
    assert float(network.layers[0].get_parameter("W_s").detach().std()) == pytest.approx(0.01, rel=0.05)


def test_options_reach_the_cell() -> None:
    a, state = torch.randn(2, 8), (torch.randn(2, 4),)
    results = []
    for scale in (0.5, 2.0):
        options = config_of_cell("squared", f"model.scale={scale}").model.cell
        cell = build(options, 3, 4)
        assert cell.options == options == type(options).model_validate({"scale": scale})
        with torch.no_grad():
            cell.get_parameter("W_s").fill_(0.3)
            results.append(cell.step(a, state)[0][0])
    assert not torch.allclose(results[0], results[1])


def test_a_weight_that_is_not_declared_is_refused() -> None:
    cell = random_cell("peephole-lstm", 3, 4)
    refuse_undeclared(cell)
    cell.register_parameter("secret", nn.Parameter(torch.zeros(4)))
    with pytest.raises(
        UsageError, match="cell peephole-lstm has the parameter `secret`, which it does not declare in `weights`"
    ):
        refuse_undeclared(cell)

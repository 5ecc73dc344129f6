"""Weights of a cell's own reach everything that weights go through, and none is left out in silence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from charnn.batches.running_text import RunningText
from charnn.cells import CellOptions, State, Tensor
from charnn.configuration.config import Config
from charnn.configuration.reading import read_settings
from charnn.configuration.sections import Model
from charnn.data.running_text.lanes import Lanes
from charnn.errors import UsageError
from charnn.networks.initialisation import initialise
from charnn.networks.language_model import LanguageModel
from charnn.training.trainer import Trainer
from tests.cells.others import OTHERS, Peephole, Squared
from tests.models import ALL_ENGINES, cell_options, relative_difference

IDS = np.random.default_rng(3).integers(0, 5, 83).astype(np.uint8)


def config_of_cell(options: CellOptions, *settings: str) -> Config:
    config = read_settings("corpus.text=x", "train.lanes=2", "train.dtype=float64", *settings)
    return replace(config, model=Model(cell=options, hidden=4, layers=2))


def trainer_of(config: Config) -> Trainer:
    network = LanguageModel(5, config.model).double()
    initialise(network, "orthogonal", seed=1)
    loader = RunningText(Lanes(IDS, 2), config.bptt.strategy, 1, "mean", network.device)
    return Trainer(config, network, loader)


@pytest.mark.parametrize("name", OTHERS)
def test_every_weight_is_trained_alike_on_every_engine(name: str) -> None:
    """Ten updates: all weights move, to the same place; checkpoints hold them and the optimiser's memory of them."""
    results = []
    for engine in ["autograd", *ALL_ENGINES]:
        trainer = trainer_of(config_of_cell(cell_options(name), f"bptt={{tau: 6, engine: {engine}, recompute: 4}}"))
        before = {name: tensor.clone() for name, tensor in trainer.tensors().items()}
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


def test_a_vector_starts_at_zero_and_a_matrix_orthogonal_gate_by_gate() -> None:
    for seed, options in ((1, Peephole.Options()), (2, Squared.Options())):
        network = LanguageModel(300, Model(cell=options, hidden=64, layers=2))
        initialise(network, "orthogonal", seed)
        for cell in network.layers:
            for weight in cell.weights:
                values = getattr(cell, weight.name).detach()
                if weight.diagonal:
                    assert not values.any()
                    continue
                for matrix in values.chunk(len(weight.gates), dim=1):
                    torch.testing.assert_close(matrix.t() @ matrix, torch.eye(64), atol=1e-5, rtol=0)


def test_gaussian_weights_are_small() -> None:
    network = LanguageModel(5, Model(cell=Squared.Options(), hidden=64))
    initialise(network, "gaussian", 1)
    assert float(network.layers[0].get_parameter("W_s").detach().std()) == pytest.approx(0.01, rel=0.05)


def test_options_reach_the_cell() -> None:
    a, state = torch.randn(2, 8), (torch.randn(2, 4),)
    results = []
    for scale in (0.5, 2.0):
        cell = Squared.Options(scale=scale).build(3, 4)
        assert cell.options == Squared.Options(scale=scale)
        with torch.no_grad():
            cell.get_parameter("W_s").fill_(0.3)
            results.append(cell.step(a, state)[0][0])
    assert not torch.allclose(*results)


class Undeclared(Peephole):
    """Has one more weight than it says."""

    def __init__(self, inputs: int, hidden: int, options: CellOptions) -> None:
        super().__init__(inputs, hidden, options)
        self.secret = nn.Parameter(torch.zeros(hidden))

    def step(self, a: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        return super().step(a, state)


def test_a_weight_that_is_not_declared_is_refused() -> None:
    with pytest.raises(UsageError, match="has the parameter `secret`, which it does not declare in `weights`"):
        Undeclared.Options().build(3, 4)

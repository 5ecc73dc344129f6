"""Averages of the weights in a training: what is kept, validated, sampled from, and resumed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from charnn.configuration.config import Config
from charnn.configuration.reading import config_of
from charnn.runs.places import Destination
from charnn.training import loop
from charnn.training.loop import Training
from tests.training.onlooker import Onlooker
from tests.training.starting import start

AVERAGES = {
    "exponential": {"average": "exponential", "average_decay": 0.9},
    "mean": {"average": "mean", "average_from": 5},
}


def configured(average: str, **train: object) -> Config:
    return config_of(
        {
            "corpus": {"text": "she sells sea shells by the sea shore. " * 20, "split": [0.8, 0.2]},
            "model": {"cell": "gru", "hidden": 6},
            "bptt": {"tau": 5},
            "train": {"lanes": 3, "steps": 30, "dtype": "float64", **AVERAGES.get(average, {}), **train},
        }
    )


def trained(average: str, name: str, **train: object) -> Training:
    training = start(configured(average, **train), Destination(name), Onlooker())
    training.run_to_end()
    return training


def kept_in(training: Training) -> dict[str, Tensor]:
    """The last weights in the folder of a run."""
    return training.run.weights("last")[0]


@pytest.mark.parametrize("average", AVERAGES)
def test_the_weights_that_are_kept_are_the_average_of_those_that_learned(
    average: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a training that keeps its weights of every step, which the average leaves as they are."""
    every: list[dict[str, Tensor]] = []
    plain = start(configured("none"), Destination("plain"), Onlooker())
    step = plain.trainer.step

    def noted(*arguments: object, **more: object) -> object:
        update = step(*arguments, **more)  # type: ignore[arg-type]
        every.append({name: tensor.clone() for name, tensor in plain.trainer.network.state_dict().items()})
        return update

    plain.trainer.step = noted  # type: ignore[method-assign, assignment]
    monkeypatch.setattr(loop, "LONGEST_CALL", 0.0)
    plain.run_to_end()
    expected = {name: torch.zeros_like(tensor) for name, tensor in every[0].items()}
    for k, weights in enumerate(every, 1):
        alpha = 1 / max(1, k - 5) if average == "mean" else 1 - min(0.9, (k - 1) / (k + 8))
        for name, tensor in weights.items():
            expected[name] = (1 - alpha) * expected[name] + alpha * tensor
    averaged = trained(average, average)
    for name, tensor in averaged.trainer.network.state_dict().items():
        assert torch.equal(tensor, every[-1][name]), "what learns is not averaged"
    for name, tensor in kept_in(averaged).items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-12, atol=1e-12)
    scores = averaged.task.scores(averaged.trainer.averaged)
    assert averaged.last_row["validation_loss"] == scores["validation_loss"]
    assert scores != averaged.task.scores(averaged.trainer.network)


def test_before_the_first_update_the_average_is_the_weights() -> None:
    training = start(configured("mean"), Destination("run"), Onlooker())
    training.save()
    kept = kept_in(training)
    for name, tensor in training.trainer.network.state_dict().items():
        assert torch.equal(kept[name], tensor)
        assert tensor.any() or name == "cells.0.b" or name == "b_q"


@pytest.mark.parametrize("average", AVERAGES)
def test_a_checkpoint_holds_the_average(average: str) -> None:
    """A trainer that goes on from a checkpoint averages on."""
    training = trained(average, "run", checkpoint_every=10)
    tensors, document = training.trainer.tensors(), training.trainer.document()
    assert any(name.startswith("average.") for name in tensors)
    other = start(configured(average), Destination("other"), Onlooker()).trainer
    other.load(tensors, document)
    for name, tensor in training.trainer.averaged.state_dict().items():
        assert torch.equal(other.averaged.state_dict()[name], tensor)

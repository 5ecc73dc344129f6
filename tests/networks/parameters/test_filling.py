"""Filling a network with the weights of a file, or saying why they do not fit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from charnn.errors import DivergedError, RunError
from charnn.networks.parameters.filling import fill
from tests.models import random_network


def weights(**more: Tensor) -> dict[str, Tensor]:
    return {**random_network("lstm", hidden=4, seed=1).state_dict(), **more}


def test_weights_are_cast_to_the_network_s_type() -> None:
    for dtype in (torch.float32, torch.float64):
        network = random_network("lstm", hidden=4, seed=2, dtype=dtype)
        fill(network, weights(), "w.safetensors")
        for name, tensor in network.state_dict().items():
            assert torch.equal(tensor, weights()[name].to(dtype))


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused_by_name(broken: float) -> None:
    tensors = {name: tensor.clone() for name, tensor in weights().items()}
    tensors["b_q"][3] = broken
    with pytest.raises(DivergedError, match="w.safetensors has diverged: `b_q` holds numbers that are not finite"):
        fill(random_network("lstm", hidden=4), tensors, "w.safetensors")


@pytest.mark.parametrize(
    ("tensors", "why"),
    [
        (weights(W_q=torch.zeros(5, 5)), r"W_q should have shape \(4, 5\), not \(5, 5\)"),
        (weights(extra=torch.zeros(1)), "extra has no place in this model"),
        ({name: tensor for name, tensor in weights().items() if name != "b_q"}, "b_q should have shape .* be missing"),
        ({name: tensor.long() for name, tensor in weights().items()}, "its numbers are not floating-point"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(tensors: dict[str, Tensor], why: str) -> None:
    network = random_network("lstm", hidden=4, seed=2)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(RunError, match=f"w.safetensors does not fit the model: .*{why}"):
        fill(network, tensors, "w.safetensors")
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())

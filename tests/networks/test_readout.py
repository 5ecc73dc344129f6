"""The output layer: its logits, and the loss that an execution takes of it."""

from __future__ import annotations

import pytest
import torch

from charnn.bptt.execution import Execution
from charnn.kernels.operators.output import loss_by_torch, summed_loss
from charnn.networks.readout import Readout, cross_entropy


def test_logits_are_an_affine_map() -> None:
    h, W_q, b_q = torch.randn(2, 3, 4), torch.randn(4, 5), torch.randn(5)
    torch.testing.assert_close(Readout(W_q, b_q).logits(h), h @ W_q + b_q)


@pytest.mark.parametrize(("engine", "precision"), [("auto", None), ("native", None), ("native", "bfloat16")])
def test_a_compiled_engine_takes_the_compiled_loss(engine: str, precision: str | None) -> None:
    layer = torch.randn(7, 33), torch.randn(33, 5), torch.randn(5), torch.randint(0, 5, (7,))
    found = Execution.of(engine, precision).summed_loss(*layer)
    assert torch.equal(found, summed_loss(*layer, bfloat16=precision is not None))


@pytest.mark.parametrize("engine", ["autograd", "manual"])
def test_an_engine_of_torch_takes_the_loss_of_torch(engine: str) -> None:
    h, W_q, b_q, targets = torch.randn(7, 2, 33), torch.randn(33, 5), torch.randn(5), torch.randint(0, 5, (7, 2))
    found = Execution.of(engine).summed_loss(h, W_q, b_q, targets)
    assert torch.equal(found, loss_by_torch(h, W_q, b_q, targets))
    torch.testing.assert_close(found, cross_entropy(Readout(W_q, b_q).logits(h), targets))

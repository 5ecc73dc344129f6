"""The output layer: an engine brings the loss that goes with it."""

from __future__ import annotations

import pytest
import torch

from charnn.kernels.output import loss_by_torch, summed_loss
from charnn.networks.readout import logits, loss_for


def test_logits_are_an_affine_map() -> None:
    h, W_q, b_q = torch.randn(2, 3, 4), torch.randn(4, 5), torch.randn(5)
    torch.testing.assert_close(logits(h, W_q, b_q), h @ W_q + b_q)


@pytest.mark.parametrize(("engine", "precision"), [("auto", None), ("native", None), ("native", "bfloat16")])
def test_an_engine_brings_its_loss(engine: str, precision: str | None) -> None:
    assert loss_for("autograd", None) is loss_for("manual", None) is loss_by_torch
    layer = torch.randn(7, 33), torch.randn(33, 5), torch.randn(5), torch.randint(0, 5, (7,))
    found = loss_for(engine, precision)(*layer)
    assert torch.equal(found, summed_loss(*layer, bfloat16=precision is not None))

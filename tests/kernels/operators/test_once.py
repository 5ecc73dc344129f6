"""Operators have first derivatives alone: a second one is an error, and not zero."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from charnn.bptt.execution import Execution
from charnn.kernels.operators.output import loss_by_kernel
from charnn.kernels.operators.projection import projection
from tests.models import random_network, random_states

IDS = torch.randint(0, 5, (4, 2), generator=torch.Generator().manual_seed(1))


def window(h: Tensor, W_q: Tensor, b_q: Tensor) -> Tensor:
    network = random_network("gru")
    (state,) = random_states(network, 2)
    return Execution.of("native").window(network.layers[0], W_q, b_q, IDS, IDS, state, None)[0]


@pytest.mark.parametrize(
    "run", [window, lambda h, W_q, b_q: loss_by_kernel(h, W_q, b_q, IDS), lambda h, W_q, b_q: projection(h, W_q)]
)
@pytest.mark.parametrize("read", [torch.sum, lambda y: y.square().sum()])
def test_a_second_derivative_is_refused(run: Callable[..., Tensor], read: Callable[[Tensor], Tensor]) -> None:
    h, W_q, b_q = (torch.randn(*size, dtype=torch.float64, requires_grad=True) for size in ((4, 2, 4), (4, 5), (5,)))
    torch.autograd.grad(read(run(h, W_q, b_q)), W_q)
    with pytest.raises(NotImplementedError, match="create_graph"):
        torch.autograd.grad(read(run(h, W_q, b_q)), W_q, create_graph=True)

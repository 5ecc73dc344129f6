"""The output layer: its loss by compiled code against that by torch, and both against the sum written out."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from charnn.kernels import output
from charnn.kernels.library import library
from charnn.kernels.output import summed_loss, summed_loss_by_torch
from tests.models import relative_difference

SHAPES = [(1, 1, 1), (1, 3, 2), (5, 33, 70), (97, 20, 65), (300, 64, 129)]


def _layer(rows: int, hidden: int, symbols: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    torch.manual_seed(rows)
    h = torch.randn(rows, hidden, dtype=dtype, requires_grad=True)
    W_q = torch.randn(hidden, symbols, dtype=dtype).mul_(hidden**-0.5).requires_grad_()
    b_q = torch.randn(symbols, dtype=dtype, requires_grad=True)
    return h, W_q, b_q, torch.randint(0, symbols, (rows,))


@pytest.mark.parametrize("loss", [summed_loss_by_torch, summed_loss])
def test_it_is_the_cross_entropy(loss: Callable[..., Tensor]) -> None:
    h, W_q, b_q, targets = _layer(4, 3, 5, torch.float64)
    o = (h @ W_q + b_q).tolist()
    slow = sum(math.log(sum(math.exp(x) for x in row)) - row[y] for row, y in zip(o, targets.tolist(), strict=True))
    assert loss(h, W_q, b_q, targets).item() == pytest.approx(slow, rel=1e-13)
    assert torch.autograd.gradcheck(lambda *leaves: loss(*leaves, targets), (h, W_q, b_q))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_kernels_agree_with_torch(
    shape: tuple[int, int, int], dtype: torch.dtype, bound: float, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "threads_for", lambda h, weights: threads)
    *leaves, targets = _layer(*shape, dtype)
    found, wanted = (
        [total.detach(), *torch.autograd.grad(0.3 * total, leaves)]
        for total in (summed_loss(*leaves, targets), summed_loss_by_torch(*leaves, targets))
    )
    assert all(
        relative_difference(a, b) < bound or torch.allclose(a, b, atol=bound)
        for a, b in zip(found, wanted, strict=True)
    )


def test_steps_and_lanes_may_be_kept_apart() -> None:
    h, W_q, b_q, targets = _layer(12, 4, 6, torch.float64)
    flat, apart = (
        summed_loss(h, W_q, b_q, targets),
        summed_loss(h.unflatten(0, (3, 4)), W_q, b_q, targets.unflatten(0, (3, 4))),
    )
    assert torch.equal(flat, apart)
    assert torch.equal(*(torch.autograd.grad(loss, h)[0] for loss in (flat, apart)))


def test_no_rows_cost_nothing() -> None:
    h, W_q, b_q, targets = _layer(3, 4, 6, torch.float64)
    for loss in (summed_loss_by_torch, summed_loss):
        total = loss(h[:0], W_q, b_q, targets[:0])
        assert total.item() == 0
        assert not torch.autograd.grad(total, W_q)[0].any()


@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_logits_far_apart_neither_overflow_nor_vanish(scale: float) -> None:
    h, W_q, b_q, targets = _layer(5, 4, 6, torch.float32)
    with torch.no_grad():
        W_q.mul_(scale)
    found, wanted = (loss(h, W_q, b_q, targets) for loss in (summed_loss, summed_loss_by_torch))
    assert found.item() == pytest.approx(wanted.item(), rel=1e-6)
    with torch.no_grad():
        b_q[2] = math.nan
    assert math.isnan(summed_loss(h, W_q, b_q, targets).item())


def test_factors_are_rounded_on_demand() -> None:
    *leaves, targets = _layer(40, 33, 70, torch.float32)
    h, W_q, b_q = (leaf.detach() for leaf in leaves)
    rounded = [tensor.bfloat16().float() for tensor in (h, W_q)]
    found = summed_loss(h, W_q, b_q, targets, bfloat16=True)
    wanted, exact = summed_loss_by_torch(*rounded, b_q, targets), summed_loss_by_torch(h, W_q, b_q, targets)
    assert relative_difference(found, wanted) < 1e-6 < relative_difference(exact, wanted)


def test_a_target_that_is_no_symbol_is_refused() -> None:
    if library() is None:
        pytest.skip("there are no kernels")
    h, W_q, b_q, targets = _layer(3, 4, 6, torch.float64)
    for wrong in (-1, 6):
        with pytest.raises(IndexError, match="none of the symbols"):
            summed_loss(h, W_q, b_q, torch.full_like(targets, wrong))


def test_torch_sees_an_ordinary_operator() -> None:
    h, W_q, b_q, targets = _layer(7, 4, 6, torch.float64)
    torch.library.opcheck(torch.ops.charnn.summed_loss, (h, W_q, b_q, targets, False))
    compiled = torch.compile(output._summed_loss, fullgraph=True, backend="aot_eager")
    gradients = [torch.autograd.grad(loss(h, W_q, b_q, targets), W_q)[0] for loss in (summed_loss, compiled)]
    assert relative_difference(gradients[1], gradients[0]) < 1e-12

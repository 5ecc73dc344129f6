"""The loss of the output layer: compiled code against torch, and both against the sum written out."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from charnn.kernels.library import why_none
from charnn.kernels.operators import output
from charnn.kernels.operators.output import loss_by_kernel, loss_by_torch, summed_loss
from tests.models import relative_difference

pytestmark = pytest.mark.skipif(why_none() is not None, reason=str(why_none()))

SHAPES = [(1, 1, 1), (1, 3, 2), (5, 33, 70), (97, 20, 65), (300, 64, 129)]


def _layer(rows: int, hidden: int, symbols: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    torch.manual_seed(rows)
    h = torch.randn(rows, hidden, dtype=dtype, requires_grad=True)
    W_q = torch.randn(hidden, symbols, dtype=dtype).mul_(hidden**-0.5).requires_grad_()
    b_q = torch.randn(symbols, dtype=dtype, requires_grad=True)
    return h, W_q, b_q, torch.randint(0, symbols, (rows,))


@pytest.mark.parametrize("loss", [loss_by_torch, loss_by_kernel])
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
    monkeypatch.setattr(output, "threads_for", lambda multiplications: threads)
    *leaves, targets = _layer(*shape, dtype)
    h, W_q, b_q = leaves
    found, wanted = (
        [total.detach(), *torch.autograd.grad(0.3 * total, leaves)]
        for total in (loss_by_kernel(h, W_q, b_q, targets), loss_by_torch(h, W_q, b_q, targets))
    )
    assert all(
        relative_difference(a, b) < bound or torch.allclose(a, b, atol=bound)
        for a, b in zip(found, wanted, strict=True)
    )


def test_steps_and_lanes_may_be_kept_apart() -> None:
    h, W_q, b_q, targets = _layer(12, 4, 6, torch.float64)
    flat, apart = (
        loss_by_kernel(h, W_q, b_q, targets),
        loss_by_kernel(h.unflatten(0, (3, 4)), W_q, b_q, targets.unflatten(0, (3, 4))),
    )
    assert torch.equal(flat, apart)
    assert torch.equal(*(torch.autograd.grad(loss, h)[0] for loss in (flat, apart)))


def test_no_rows_cost_nothing() -> None:
    h, W_q, b_q, targets = _layer(3, 4, 6, torch.float64)
    for loss in (loss_by_torch, loss_by_kernel):
        total = loss(h[:0], W_q, b_q, targets[:0])
        assert total.item() == 0
        assert not torch.autograd.grad(total, W_q)[0].any()


@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_logits_far_apart_neither_overflow_nor_vanish(scale: float) -> None:
    h, W_q, b_q, targets = _layer(5, 4, 6, torch.float32)
    with torch.no_grad():
        W_q.mul_(scale)
    found, wanted = (loss(h, W_q, b_q, targets) for loss in (loss_by_kernel, loss_by_torch))
    assert found.item() == pytest.approx(wanted.item(), rel=1e-6)
    with torch.no_grad():
        b_q[2] = math.nan
    assert math.isnan(loss_by_kernel(h, W_q, b_q, targets).item())


def test_factors_are_rounded_on_demand() -> None:
    *leaves, targets = _layer(40, 33, 70, torch.float32)
    h, W_q, b_q = (leaf.detach() for leaf in leaves)
    rounded_h, rounded_W_q = (tensor.bfloat16().float() for tensor in (h, W_q))
    found = summed_loss(h, W_q, b_q, targets, bfloat16=True)
    wanted, exact = loss_by_torch(rounded_h, rounded_W_q, b_q, targets), loss_by_torch(h, W_q, b_q, targets)
    assert relative_difference(found, wanted) < 1e-6 < relative_difference(exact, wanted)


def test_torch_stands_in_where_there_is_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    monkeypatch.setattr(output, "loss_by_kernel", lambda *tensors, bfloat16: taken.append(bfloat16))
    layer = _layer(3, 4, 6, torch.float64)
    summed_loss(*layer)
    assert len(taken) == (why_none() is None)
    h, W_q, b_q, targets = (tensor.detach() for tensor in layer)
    half = summed_loss(h.bfloat16(), W_q.bfloat16(), b_q.bfloat16(), targets)
    assert half.dtype == torch.bfloat16
    monkeypatch.setattr(output, "why_none", lambda *tensors: "there are none")
    assert torch.equal(summed_loss(h, W_q, b_q, targets), loss_by_torch(h, W_q, b_q, targets))


def test_a_target_that_is_not_a_symbol_is_refused() -> None:
    h, W_q, b_q, targets = _layer(3, 4, 6, torch.float64)
    for wrong in (-1, 6):
        with pytest.raises(IndexError, match="none of the symbols"):
            loss_by_kernel(h, W_q, b_q, torch.full_like(targets, wrong))


def test_shapes_that_do_not_fit_are_refused() -> None:
    h, W_q, b_q, targets = _layer(3, 4, 6, torch.float64)
    for wrong in ((h[:, :3], W_q, b_q, targets), (h, W_q, b_q[:5], targets), (h, W_q, b_q, targets[:2])):
        with pytest.raises(ValueError, match="do not fit"):
            loss_by_kernel(*wrong)


def test_torch_sees_an_ordinary_operator() -> None:
    h, W_q, b_q, targets = _layer(7, 4, 6, torch.float64)
    torch.library.opcheck(torch.ops.charnn.summed_loss, (h, W_q, b_q, targets, False))
    compiled = torch.compile(loss_by_kernel, fullgraph=True, backend="aot_eager")
    gradients = [torch.autograd.grad(loss(h, W_q, b_q, targets), W_q)[0] for loss in (loss_by_kernel, compiled)]
    assert relative_difference(gradients[1], gradients[0]) < 1e-12

"""The projection of what a cell reads: compiled code against torch's product."""

from __future__ import annotations

import pytest
import torch

from charnn.kernels.library import why_none
from charnn.kernels.operators import projection as module
from charnn.kernels.operators.projection import projection
from tests.models import relative_difference

pytestmark = pytest.mark.skipif(why_none() is not None, reason=str(why_none()))

SHAPES = [(1, 1, 1), (7, 3, 5), (70, 65, 33), (300, 64, 260)]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-13), (torch.float32, 1e-5)])
def test_it_is_the_product(
    shape: tuple[int, int, int], dtype: torch.dtype, bound: float, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "threads_for", lambda multiplications: threads)
    torch.manual_seed(1)
    rows, inputs, columns = shape
    x = torch.randn(rows, inputs, dtype=dtype, requires_grad=True)
    W = torch.randn(inputs, columns, dtype=dtype, requires_grad=True)
    dy = torch.randn(rows, columns, dtype=dtype)
    for made, wanted in zip(
        (projection(x, W), *torch.autograd.grad(projection(x, W), (x, W), dy)),
        (x @ W, *torch.autograd.grad(x @ W, (x, W), dy)),
        strict=True,
    ):
        assert relative_difference(made, wanted) < bound


def test_gradients_of_leaves_that_want_none_are_left_out() -> None:
    x, W = torch.randn(4, 3, 5), torch.randn(5, 2, requires_grad=True)
    (dW,) = torch.autograd.grad(projection(x, W).sum(), W)
    assert relative_difference(dW, x.flatten(0, 1).sum(0).unsqueeze(1).expand(5, 2)) < 1e-5
    x.requires_grad_()
    (dx,) = torch.autograd.grad(projection(x, W.detach()).sum(), x)
    assert relative_difference(dx, W.detach().sum(1).expand(4, 3, 5)) < 1e-5


def test_what_is_not_dense_is_read_as_it_is() -> None:
    x, W = torch.randn(5, 4, dtype=torch.float64).t(), torch.randn(3, 5, dtype=torch.float64).t()
    assert relative_difference(projection(x, W), x @ W) < 1e-13


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        projection(torch.randn(3, 4), torch.randn(5, 6))


def test_gradients_are_those_of_finite_differences() -> None:
    x = torch.randn(3, 2, 4, dtype=torch.float64, requires_grad=True)
    W = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(projection, (x, W))

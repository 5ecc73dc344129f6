"""Products of factors in bfloat16, against the autograd engine whose products round their factors by torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from charnn.bptt.engines.autograd import Autograd
from charnn.bptt.engines.native import Native
from charnn.cells import Cell
from charnn.configuration.reading import read_settings
from charnn.errors import ConfigError
from tests.models import KERNEL_CELLS, random_cell, random_state, relative_difference


class RoundedProduct(torch.autograd.Function):
    """m W, and its gradients, with every factor rounded to the nearest bfloat16 and sums in float32."""

    @staticmethod
    def forward(ctx: Any, m: Tensor, W: Tensor) -> Tensor:
        m, W = _rounded(m), _rounded(W)
        ctx.save_for_backward(m, W)
        return m @ W

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        m, W = ctx.saved_tensors
        gradient = _rounded(gradient)
        return gradient @ W.t(), m.t() @ gradient


def _rounded(tensor: Tensor) -> Tensor:
    return tensor.bfloat16().float()


def _gate(cell: Cell, name: str, a: Tensor, m: Tensor) -> Tensor:
    columns = cell.columns((name,))
    return a[:, columns] + RoundedProduct.apply(m, cell.W_h[:, columns])


def _results(cell: Cell, run: Any, ids: Tensor, state: tuple[Tensor, ...], xi: list[float]) -> list[Tensor]:
    """h_t, the last state, and the gradients of a fixed sum of them."""
    generator = torch.Generator().manual_seed(5)
    inputs = [part.detach().requires_grad_() for part in state]
    output, last = run(cell, ids, tuple(inputs), xi)
    read = [output, *last]
    loss = sum((value * torch.randn(value.shape, generator=generator)).sum() for value in read)
    leaves = [*inputs, *cell.parameters()]
    return [*read, *torch.autograd.grad(loss, leaves)]


@pytest.mark.parametrize("shape", [(1, 1, 3, 1), (3, 5, 4, 37), (4, 13, 6, 64)])
@pytest.mark.parametrize("name", KERNEL_CELLS)
def test_it_rounds_the_factors_of_recurrent_products_and_nothing_else(
    name: str, shape: tuple[int, int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, lanes, symbols, hidden = shape
    torch.manual_seed(hidden)
    cell = random_cell(name, symbols, hidden, dtype=torch.float32)
    ids, state = torch.randint(0, symbols, (steps, lanes)), random_state(cell, lanes)
    xi = [1.0, 2.0, 0.0, 1.0][:steps]
    found = _results(cell, Native("bfloat16"), ids, state, xi)
    exact = _results(cell, Autograd(), ids, state, xi)
    monkeypatch.setattr(Cell, "gate", _gate)
    wanted = _results(cell, Autograd(), ids, state, xi)
    # Far nearer than what rounding changes; a last bit may, rarely, round a factor of the next step the other way.
    assert all(relative_difference(a, b) < 2e-4 for a, b in zip(found, wanted, strict=True))
    if hidden > 1:
        assert all(relative_difference(a, b) > 3e-4 for a, b in zip(found, exact, strict=True))


def test_numbers_are_rounded_as_torch_rounds_them() -> None:
    """Halves go to the even neighbour; what is too large becomes infinite, and what is no number stays none."""
    between = 1 + torch.arange(0, 64) / 2**9
    x = torch.cat((between, torch.tensor([3.4e38, torch.inf, torch.nan, 1e-37]), torch.randn(500)))
    x = torch.cat((x, -x))
    cell = random_cell("linear", 1, 1, dtype=torch.float32)
    with torch.no_grad():
        cell.W_x.zero_()
        cell.W_h.fill_(1)
        out, _ = Native("bfloat16")(cell, torch.zeros(1, len(x), dtype=torch.long), (x[:, None],))
    torch.testing.assert_close(out[0, :, 0], _rounded(x), rtol=0, atol=0, equal_nan=True)


def test_float64_has_no_such_products() -> None:
    with pytest.raises(ConfigError, match="float32"):
        read_settings("corpus.text=x", "train.dtype=float64", "train.precision=bfloat16")

"""The compiled kernels: each build of them, any shape, any number of threads, as an operator of torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from jaxtyping import TypeCheckError

from charnn.bptt.engines.manual import Manual
from charnn.bptt.engines.native import Native
from charnn.cells import State, Tensor
from charnn.cells._module import module_class
from charnn.cells.rnn import RNNCell
from charnn.errors import UsageError
from charnn.kernels import library as native_library
from charnn.kernels.library import SWITCH, VARIANTS, Library, _load, kernels, why_not
from charnn.kernels.operators.recurrence import Window, recurrence
from tests.kernels.compare import compare_many
from tests.models import KERNEL_CELLS, random_cell, random_state, relative_difference

NATIVE = Native()
CHECKOUT = Path(__file__).parents[2]


def run_with(switch: str, code: str) -> None:
    """Run code in a process of its own, in which the switch stands so from the beginning."""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CHECKOUT, env={**os.environ, SWITCH: switch})


def test_the_kernels_were_compiled() -> None:
    """Where this fails, charnn was installed without a compiler: all else still works, on the `manual` engine."""
    assert isinstance(_load("portable"), Library)
    assert all(why_not(name, random_cell(name, 3, 4).W_h) is None for name in KERNEL_CELLS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_build_agrees_with_the_manual_engine(variant: str) -> None:
    if isinstance(found := _load(variant), str):
        pytest.skip(f"the library {variant} {found}")
    code = (
        "from charnn.kernels.library import kernels\n"
        f"assert kernels().variant == {variant!r}\n"
        "from tests.kernels.compare import compare_many\n"
        "compare_many(150, seed=1)"
    )
    run_with(variant, code)


def test_without_kernels_the_manual_engine_does_the_work() -> None:
    code = (
        "from charnn.kernels.library import library, why_not\n"
        "from charnn.bptt.execution import Execution\n"
        "from tests.models import random_cell\n"
        "import torch\n"
        "assert library() is None\n"
        "cell = random_cell('gru', 3, 4)\n"
        "assert 'none' in why_not('gru', cell.W_h)\n"
        "Execution.of().recurrence(cell, torch.tensor([[1], [2]]), cell.zero_state(1))[0].sum().backward()\n"
        "assert cell.W_h.grad.norm() > 0"
    )
    run_with("none", code)


@pytest.mark.parametrize(("value", "message"), [("avx", "`avx`.*did you mean"), ("avx2", "older sources|not compiled")])
def test_a_switch_that_cannot_be_is_refused(value: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, value)
    monkeypatch.setattr(native_library, "_load", lambda variant: "was compiled from older sources")
    with pytest.raises(UsageError, match=message):
        native_library.library.__wrapped__()


def test_random_shapes_and_gates() -> None:
    compare_many(400, seed=2)


@pytest.mark.soak
def test_very_many_random_shapes_and_gates() -> None:
    compare_many(100_000, seed=3)


@pytest.mark.parametrize("name", KERNEL_CELLS)
def test_a_lane_does_not_depend_on_the_lanes_beside_it_or_on_threads(name: str) -> None:
    """Bit for bit: lanes do not meet, and a sum is taken in one order whatever the tile."""
    cell = random_cell(name, 20, 40, dtype=torch.float32)
    ids, state = torch.randint(0, 20, (30, 17)), tuple(part.detach() for part in random_state(cell, 17))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone, _ = NATIVE(cell, ids, state)
        torch.set_num_threads(4)
        together, _ = NATIVE(cell, ids, state)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(alone, together)
    for lane in (0, 4, 16):
        single, _ = NATIVE(cell, ids[:, lane : lane + 1], tuple(part[lane : lane + 1] for part in state))
        assert torch.equal(single[:, 0], together[:, lane])


@pytest.mark.parametrize("name", KERNEL_CELLS)
def test_no_lanes_have_no_gradients(name: str) -> None:
    """As of a process that has no row of a last batch."""
    cell = random_cell(name, 5, 6)
    for xi in (None, torch.zeros(3, 0).double()):
        h, last = NATIVE(cell, torch.zeros(3, 0, dtype=torch.int64), cell.zero_state(0), xi, torch.zeros(0).long())
        assert h.shape == (3, 0, 6)
        gradients = torch.autograd.grad(h.sum() + last[0].sum(), list(cell.parameters()))
        assert all(not gradient.any() for gradient in gradients)


def test_numbers_that_are_not_finite_are_seen() -> None:
    """A diverged network must not look healthy."""
    for name in KERNEL_CELLS:
        cell = random_cell(name, 3, 9, dtype=torch.float32)
        with torch.no_grad():
            cell.W_h[0, 0] = torch.nan
        out, _ = NATIVE(cell, torch.randint(0, 3, (4, 2)), cell.zero_state(2))
        assert out.isnan().any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gates_far_out(dtype: torch.dtype) -> None:
    """σ and tanh where they saturate, near 0, and at the edge of the numbers, against torch."""
    x = torch.cat(
        (torch.logspace(-30, 38 if dtype == torch.float32 else 300, 400, dtype=torch.float64), torch.zeros(1))
    )
    x = torch.cat((x, -x)).to(dtype)
    cell = random_cell("rnn", len(x), 1, dtype=dtype)
    with torch.no_grad():
        cell.W_x.copy_(x[:, None])
        cell.b.zero_()
        out, _ = NATIVE(cell, torch.arange(len(x))[None], cell.zero_state(len(x)))
    tiny = torch.finfo(dtype).eps
    torch.testing.assert_close(out[0, :, 0], torch.tanh(x), rtol=4 * tiny, atol=0)
    cell = random_cell("simple-gru", len(x), 1, dtype=dtype)
    with torch.no_grad():
        cell.W_x.copy_(torch.stack((x, torch.full_like(x, 50.0)), dim=1))
        cell.b.zero_()
        out, _ = NATIVE(cell, torch.arange(len(x))[None], cell.zero_state(len(x)))
    torch.testing.assert_close(out[0, :, 0], torch.sigmoid(x), rtol=8 * tiny, atol=4 * torch.finfo(dtype).tiny)


@pytest.mark.parametrize("name", KERNEL_CELLS)
def test_torch_sees_an_ordinary_operator(name: str) -> None:
    cell = random_cell(name, 5, 6)
    ids, state = torch.randint(0, 5, (4, 3)), list(random_state(cell, 3))
    xi, ends = torch.tensor([1.0, 0.0, 2.0, 1.0], dtype=torch.float64), torch.tensor([4, 2, 0])
    for gates, lengths in ((xi, None), (xi[:, None].repeat(1, 3), ends)):
        arguments = (name, cell.W_x, cell.b, ids, cell.W_h, state, gates, lengths, 4, True, False)
        torch.library.opcheck(torch.ops.charnn.recurrence, arguments)


def test_it_compiles() -> None:
    """`torch.compile` traces through the operator without a break."""
    cell = random_cell("lstm", 5, 6)
    W_x, b, ids, state = cell.W_x, cell.b, torch.randint(0, 5, (4, 3)), cell.zero_state(3)

    def loss(W_h: torch.Tensor) -> torch.Tensor:
        output, _ = recurrence(Window("lstm", W_x, b, ids, W_h, state, None, None, 4))
        return output.square().sum()

    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    gradients = [torch.autograd.grad(function(cell.W_h), cell.W_h)[0] for function in (loss, compiled)]
    assert relative_difference(gradients[1], gradients[0]) < 1e-12


def test_nothing_is_saved_where_there_is_no_backward_pass() -> None:
    cell = random_cell("lstm", 5, 6)
    ids, state = torch.randint(0, 5, (4, 3)), cell.zero_state(3)
    with torch.no_grad():
        _, saved, *_ = torch.ops.charnn.recurrence(
            "lstm", cell.W_x, cell.b, ids, cell.W_h, state, None, None, 4, False, False
        )
        plain, _ = NATIVE(cell, ids, state)
    assert saved.numel() == 0
    assert torch.equal(plain, NATIVE(cell, ids, state)[0].detach())


class Other(RNNCell):
    """Defined elsewhere than the cell that the kernel is for."""

    def step(self, a: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        return super().step(a, state)


def test_a_cell_of_ones_own_runs_on_the_manual_engine() -> None:
    cell = module_class(Other)(3, 4, Other.Options()).double()
    torch.nn.init.normal_(cell.W_x)
    assert "no compiled kernel for the cell" in str(why_not(cell.name, cell.W_h))
    ids = torch.tensor([[1], [2]])
    assert torch.equal(NATIVE(cell, ids, cell.zero_state(1))[0], Manual()(cell, ids, cell.zero_state(1))[0])


def test_an_id_that_names_no_symbol_is_refused() -> None:
    cell = random_cell("gru", 5, 4)
    for wrong in (-1, 5, 2**40):
        with pytest.raises(IndexError, match="none of the symbols"):
            NATIVE(cell, torch.tensor([[0], [wrong]]), cell.zero_state(1))


@pytest.mark.parametrize("broken", [{"dtype": torch.float32}, {"lanes": 2}, {"hidden": 3}])
def test_a_state_of_another_network_is_refused(broken: dict[str, Any]) -> None:
    """By torch, on the manual engine, and not read as if it fitted."""
    cell = random_cell("gru", 5, 4)
    state = torch.zeros(broken.get("lanes", 1), broken.get("hidden", 4), dtype=broken.get("dtype", torch.float64))
    with pytest.raises((RuntimeError, TypeCheckError)):
        NATIVE(cell, torch.tensor([[0], [1]]), (state,))


def test_a_library_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(variant: str, path: Path) -> Library:
        raise OSError("version `GLIBCXX_3.4.99' not found")

    monkeypatch.setattr(native_library, "Library", fails)
    assert "GLIBCXX_3.4.99" in str(native_library._load.__wrapped__("portable"))


def test_the_library_says_what_it_is() -> None:
    assert kernels().variant in VARIANTS

"""How a network runs: engines are found by their files, and one object decides what kernels do."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from charnn.bptt.engines import ENGINES
from charnn.bptt.engines.native import Native
from charnn.bptt.execution import Execution
from charnn.cells import Cell
from charnn.errors import UsageError
from charnn.kernels.library import kernels
from charnn.networks.language_model import LanguageModel
from tests.models import (
    ALL_ENGINES,
    KERNEL_CELLS,
    random_cell,
    random_network,
    random_state,
    random_states,
    relative_difference,
)

STEPS, LANES = 7, 5


def described(engine: str, cell: Cell, precision: str | None = None) -> str:
    return Execution.of(engine, precision).describe(cell)


def test_engines_are_found_by_name() -> None:
    for name in ALL_ENGINES:
        execution = Execution.of(name)
        assert type(execution.engine) is ENGINES.load(name)
        assert execution.engine.name == name
        assert execution.recompute == "none"
    assert type(Execution.of().engine) is type(Execution.of("auto").engine) is Native


def test_an_unknown_engine_is_refused_with_the_list() -> None:
    with pytest.raises(
        UsageError, match="unknown engine `manua` .did you mean `manual`.*there are: autograd, graph, manual, native"
    ):
        Execution.of("manua")


def test_an_engine_says_what_it_runs_on() -> None:
    cell = random_cell("lstm", 3, 4)
    assert described("auto", cell) == described("native", cell) == f"{kernels().variant} kernels"
    assert described("autograd", cell) == "autograd engine"
    assert described("manual", cell) == "manual engine"
    assert described("graph", cell) == "manual engine (graphs are recorded on CUDA alone, not on cpu)"
    half = cell.bfloat16()
    assert described("auto", half) == "manual engine (there are no compiled kernels for torch.bfloat16)"


def test_products_in_bfloat16_need_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = random_cell("lstm", 3, 4).float()
    assert described("auto", cell, "bfloat16").startswith(f"{kernels().variant} kernels, products in bfloat16")
    for name in ALL_ENGINES:
        if name != "native":
            why = f"the engine `{name}` has no products in bfloat16: take `bptt.engine: native`"
            with pytest.raises(UsageError, match=why):
                Execution.of(name, "bfloat16")
    monkeypatch.setattr(Native, "why_not", lambda engine, cell: "there are no compiled kernels for cuda")
    with pytest.raises(UsageError, match="no products in bfloat16, because there are no compiled kernels for cuda"):
        described("auto", cell, "bfloat16")


@pytest.mark.parametrize("name", ALL_ENGINES)
@pytest.mark.parametrize("recompute", ["none", 2])
def test_a_second_derivative_is_true_or_refused(name: str, recompute: Literal["none"] | int) -> None:
    """True on the engine that torch differentiates; elsewhere an error, where the loss is a plain sum too."""
    cell, execution = random_cell("lstm", 3, 4), Execution.of(name, recompute=recompute)
    x, state = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True), random_state(cell, 2)

    def run(x: Tensor, *state: Tensor) -> Tensor:
        return execution.recurrence(cell, x, state)[0]

    if name == "autograd" and recompute == "none":
        assert torch.autograd.gradgradcheck(run, (x, *state))
        return
    for loss in (run(x, *state).sum(), run(x, *state).square().sum()):
        with pytest.raises(NotImplementedError, match="create_graph"):
            torch.autograd.grad(loss, x, create_graph=True)


def test_a_cell_without_a_kernel_says_so() -> None:
    assert described("auto", random_cell("peephole-lstm", 3, 4)).startswith(
        "manual engine (there is no compiled kernel for"
    )


def _window(network: LanguageModel) -> tuple[Tensor, tuple[Tensor, ...]]:
    return torch.randint(0, len(network.b_q), (STEPS + 1, LANES)), random_states(network, LANES)[0]


@pytest.mark.parametrize("counted", [STEPS, 3])
@pytest.mark.parametrize("xi", [None, [1.0, 2.0, 0.0, 1.0, 0.5, 1.0, 2.0]])
@pytest.mark.parametrize("name", KERNEL_CELLS)
def test_a_whole_window_is_the_sum_of_its_parts(name: str, xi: list[float] | None, counted: int) -> None:
    network = random_network(name, vocabulary=6, hidden=9)
    (cell,), parameters = network.layers, list(network.parameters())
    ids, state = _window(network)
    inputs, targets = ids[:-1], ids[1:][STEPS - counted :]
    parts, whole = Execution.of("manual"), Execution.of("native")
    assert whole.fuses(cell, *network.readout, inputs, state)
    h, last = parts.recurrence(cell, inputs, state, xi)
    loss = parts.summed_loss(h[STEPS - counted :], *network.readout, targets)
    expected = [loss.detach(), *last, *torch.autograd.grad(0.7 * loss, parameters)]
    loss, last = whole.window(cell, *network.readout, inputs, targets, state, xi)
    found = [loss.detach(), *last, *torch.autograd.grad(0.7 * loss, parameters)]
    assert all(relative_difference(b, a) < 1e-12 for a, b in zip(expected, found, strict=True))


def test_a_window_is_left_to_its_parts_where_it_cannot_be_one() -> None:
    """On another engine, without kernels for the cell or its numbers, or where states are computed again."""
    for network, execution, fuses in (
        (random_network("rnn"), Execution.of("auto"), True),
        (random_network("rnn"), Execution.of("auto", recompute="auto"), True),
        (random_network("rnn"), Execution.of("auto", recompute=STEPS), True),
        (random_network("rnn"), Execution.of("auto", recompute=2), False),
        (random_network("rnn").half(), Execution.of("auto"), False),
        (random_network("peephole-lstm"), Execution.of("auto"), False),
        *((random_network("rnn"), Execution.of(name), False) for name in ALL_ENGINES if name != "native"),
    ):
        ids, state = _window(network)
        assert execution.fuses(network.layers[0], *network.readout, ids[:-1], state) == fuses


@pytest.mark.parametrize("name", ALL_ENGINES)
def test_every_engine_brings_the_same_loss(name: str) -> None:
    network = random_network("rnn", vocabulary=6, hidden=9)
    h, targets = torch.randn(3, 2, 9, dtype=torch.float64, requires_grad=True), torch.randint(0, 6, (3, 2))
    leaves = [h, *network.readout]
    results = []
    for execution in (Execution.of("autograd"), Execution.of(name)):
        loss = execution.summed_loss(h, *network.readout, targets)
        results.append([loss.detach(), *torch.autograd.grad(0.3 * loss, leaves)])
    assert all(relative_difference(b, a) < 1e-12 for a, b in zip(*results, strict=True))

"""What every cell must do; a new cell is found by its file and tested here without being named."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from charnn.bptt.engines.autograd import Autograd, Trace
from charnn.bptt.engines.manual import Manual
from charnn.bptt.rows import Gates
from tests.models import (
    ALL_ENGINES,
    EVERY_CELL,
    engine_of,
    random_cell,
    random_state,
    relative_difference,
)

# The plain loop of the equations is what the others are held against.
ORACLE_FIRST = sorted(ALL_ENGINES, key=lambda name: name != "autograd")


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_gradients_are_those_of_finite_differences(name: str, engine: str) -> None:
    """`gradcheck` in float64: inputs, all weights, every part of the carried state; gates among them."""
    cell = random_cell(name, inputs=3, hidden=2)
    x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    state = random_state(cell, lanes=2)
    parameters = list(cell.parameters())

    def outputs(x: torch.Tensor, *rest: torch.Tensor) -> tuple[torch.Tensor, ...]:
        hidden, last = engine_of(engine)(cell, x, rest[: len(state)])
        return (hidden, *last)

    assert torch.autograd.gradcheck(outputs, (x, *state, *parameters))


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_one_hot_gradients_are_those_of_finite_differences(name: str, engine: str) -> None:
    cell = random_cell(name, inputs=3, hidden=2)
    ids = torch.tensor([[0, 2], [2, 1], [0, 0]])

    def output(*parameters: torch.Tensor) -> torch.Tensor:
        return engine_of(engine)(cell, ids, cell.zero_state(2))[0]

    assert torch.autograd.gradcheck(output, tuple(cell.parameters()))


@pytest.mark.parametrize("name", EVERY_CELL)
def test_a_gather_is_the_product_with_a_one_hot_vector(name: str) -> None:
    cell = random_cell(name, inputs=5, hidden=3)
    ids = torch.randint(0, 5, (4, 2))
    one_hot = torch.nn.functional.one_hot(ids, 5).double()
    torch.testing.assert_close(cell.project(ids), cell.project(one_hot), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("examples", [40, pytest.param(1000, marks=pytest.mark.soak)])
def test_engines_agree(name: str, examples: int) -> None:
    settings(max_examples=examples)(given(data=st.data())(lambda data: engines_agree(name, data)))()


def engines_agree(name: str, data: st.DataObject) -> None:
    """Over random T, B, D, H, carried states, gates, one-hot and dense inputs, to 1e-10 per tensor."""
    draw = data.draw
    steps, lanes, inputs, hidden = (draw(st.integers(1, limit)) for limit in (7, 4, 5, 9))
    one_hot, seed = draw(st.booleans()), draw(st.integers(0, 1000))
    gates = draw(st.none() | st.lists(st.sampled_from([0.0, 1.0, 1.25, 2.0]), min_size=steps, max_size=steps))
    xi: Gates | None = gates
    if gates and draw(st.booleans()):
        xi = torch.tensor([[draw(st.sampled_from([0.0, 1.0, 2.0])) for _ in range(lanes)] for _ in gates]).double()
    ends = draw(st.none() | st.lists(st.integers(0, steps), min_size=lanes, max_size=lanes).map(torch.tensor))
    results = []
    for engine in ORACLE_FIRST:
        cell = random_cell(name, inputs, hidden, seed)
        x = torch.randint(0, inputs, (steps, lanes)) if one_hot else torch.randn(steps, lanes, inputs).double()
        state = random_state(cell, lanes)
        if not one_hot:
            x.requires_grad_()
        out, last = engine_of(engine)(cell, x, state, xi, ends)
        if ends is not None:  # what is beyond a row's end is not read
            out = torch.where((torch.arange(steps)[:, None] < ends)[..., None], out, 0)
        weights = [torch.randn_like(part) for part in (out, *last)]
        sum((part * weight).sum() for part, weight in zip((out, *last), weights, strict=True)).backward()
        leaves = [*cell.parameters(), *state, *([] if one_hot else [x])]
        results.append([out.detach(), *(part.detach() for part in last), *(leaf.grad for leaf in leaves)])
    for expected, *others in zip(*results, strict=True):
        assert all(relative_difference(found, expected) < 1e-10 for found in others)


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("engine", ALL_ENGINES)
@pytest.mark.parametrize("examples", [25, pytest.param(500, marks=pytest.mark.soak)])
def test_rows_side_by_side_are_rows_one_at_a_time(name: str, engine: str, examples: int) -> None:
    settings(max_examples=examples)(given(data=st.data())(lambda data: rows_side_by_side(name, engine, data)))()


def rows_side_by_side(name: str, engine: str, data: st.DataObject) -> None:
    """h of a row's own steps, its last state, and all gradients, with gates of each row; whatever the padding holds."""
    draw = data.draw
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    steps, rows, seed = max(lengths) + draw(st.integers(0, 2)), len(lengths), draw(st.integers(0, 1000))
    cell = random_cell(name, 4, 5, seed)
    state, ids = random_state(cell, rows), torch.randint(0, 4, (steps, rows))
    xi = torch.tensor([[draw(st.sampled_from([0.0, 1.0, 2.0])) for _ in lengths] for _ in range(steps)]).double()
    ends, run = torch.tensor(lengths), engine_of(engine)
    weights = [torch.randn(steps, rows, 5).double(), *(torch.randn_like(part) for part in state)]
    leaves = [*cell.parameters(), *state]

    def gradients(results: list[tuple[Sequence[torch.Tensor], Sequence[torch.Tensor]]]) -> list[torch.Tensor]:
        products = [(part * weight).sum() for result in results for part, weight in zip(*result, strict=True)]
        loss = torch.stack(products).sum()
        return [torch.zeros(()) if d is None else d for d in torch.autograd.grad(loss, leaves, allow_unused=True)]

    h, last = run(cell, ids, state, xi, ends)
    own = (torch.arange(steps)[:, None] < ends)[..., None]
    together = gradients([((h * own, *last), weights)])
    alone: list[tuple[Sequence[torch.Tensor], Sequence[torch.Tensor]]] = []
    for row, length in enumerate(lengths):
        one = slice(row, row + 1)
        h_alone, last_alone = run(
            cell, ids[:length, one], tuple(part[one] for part in state), xi[:length, one].contiguous()
        )
        torch.testing.assert_close(h[:length, one], h_alone, rtol=1e-12, atol=1e-13)
        for found, expected in zip(last, last_alone, strict=True):
            torch.testing.assert_close(found[one], expected, rtol=1e-12, atol=1e-13)
        alone.append(((h_alone, *last_alone), [weights[0][:length, one], *(weight[one] for weight in weights[1:])]))
    for found, expected in zip(together, gradients(alone), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", EVERY_CELL)
def test_engines_agree_in_float32(name: str) -> None:
    results = []
    for engine in ORACLE_FIRST:
        cell = random_cell(name, 20, 64, dtype=torch.float32)
        state = random_state(cell, 8)
        ids = torch.randint(0, 20, (50, 8))
        out, last = engine_of(engine)(cell, ids, state)
        (out.square().sum() + last[-1].sum()).backward()
        results.append([out.detach(), *(leaf.grad for leaf in [*cell.parameters(), *state])])
    for expected, *others in zip(*results, strict=True):
        assert all(relative_difference(found, expected) < 1e-5 for found in others)


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_one_long_window_is_two_short_ones_with_the_state_carried(name: str, engine: str) -> None:
    cell = random_cell(name, 4, 6)
    x, state = torch.randn(9, 3, 4, dtype=torch.float64), random_state(cell, 3)
    whole, last = engine_of(engine)(cell, x, state)
    first, between = engine_of(engine)(cell, x[:4], state)
    second, end = engine_of(engine)(cell, x[4:], between)
    torch.testing.assert_close(torch.cat((first, second)), whole, rtol=1e-13, atol=1e-13)
    for found, expected in zip(end, last, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", EVERY_CELL)
def test_the_trace_holds_the_gradient_of_every_state(name: str) -> None:
    """∂L/∂h_t of the trace is what an independent change of the state after step t makes of the loss."""
    cell, trace = random_cell(name, 3, 4), Trace()
    x, state = torch.randn(5, 1, 3, dtype=torch.float64), cell.zero_state(1)
    out, _ = Autograd()(cell, x, state, trace=trace)
    out[2:].square().sum().backward()
    middle = tuple(part.detach().requires_grad_() for part in trace.states[1])
    rest, _ = Manual()(cell, x[2:], middle)
    rest.square().sum().backward()
    # Only h: the trace's gradient of an LSTM's c_t is the total one, through h_t too.
    torch.testing.assert_close(trace.states[1][0].grad, middle[0].grad, rtol=1e-12, atol=1e-12)
    for step in trace.intermediates:
        for gate in (step[gate_name] for gate_name in cell.gates if gate_name in step):
            assert 0 <= gate.detach().min() <= gate.detach().max() <= 1


@pytest.mark.parametrize("name", EVERY_CELL)
@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_backward_can_run_twice(name: str, engine: str) -> None:
    """Nothing that the backward pass reads is overwritten by it."""
    cell = random_cell(name, 3, 4)
    out, _ = engine_of(engine)(cell, torch.randn(5, 2, 3, dtype=torch.float64), cell.zero_state(2))
    parameters = list(cell.parameters())
    first = torch.autograd.grad(out.sum(), parameters, retain_graph=True)
    again = torch.autograd.grad(out.sum(), parameters)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize("name", EVERY_CELL)
def test_a_cell_declares_its_storage(name: str) -> None:
    cell = random_cell(name, 3, 4)
    width = len(cell.gates) * 4
    expected: dict[str, tuple[int, ...]] = {"W_x": (3, width)}
    if cell.recurrent:
        expected["W_h"] = (4, width)
        assert [gate for matrix in cell.recurrent for gate in matrix.gates] == list(cell.gates)
    if cell.has_bias:
        expected["b"] = (width,)
    for weight in cell.weights:
        columns = 4 * len(weight.gates)
        expected[weight.name] = (columns,) if weight.diagonal else (4, columns)
    found = {name: tuple(parameter.shape) for name, parameter in cell.named_parameters()}
    assert found == expected
    assert cell.state_parts[0] == "h"
    assert [part.shape for part in cell.zero_state(2)] == [(2, 4)] * len(cell.state_parts)

"""One `autograd.Function` per layer and window, with a hand-derived loop backwards through time.

The input projection of all T steps is one product (a row gather for one-hot inputs). The forward loop calls
`Cell.step_forward`, the backward loop `Cell.step_backward`; with a_t the projected input,

    ∂L/∂W_x = Σ_t x_tᵀ ∂L/∂a_t     ∂L/∂b = Σ_t ∂L/∂a_t     ∂L/∂W_h = Σ_t m_tᵀ ∂L/∂a_t     ∂L/∂p = Σ_t m_t ⊙ ∂L/∂a_t

where m_t is what a recurrent matrix, or a further weight of the cell's own, multiplies; p is one that is diagonal. The
sums over t are taken at the end, as one product over all T·B rows for each matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines import Engine
from charnn.bptt.loops import PLAIN, Loops
from charnn.bptt.rows import Gates
from charnn.cells import Cell, State
from charnn.kernels.operators.once import differentiable_once


class Manual(Engine):
    """The forward and the backward loop as they are in the lecture."""

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over a window (see `Engine`)."""
        return run_loops(PLAIN, cell, x, state, xi, ends)


def run_loops(
    loops: Loops,
    cell: Cell,
    x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
    state: State,
    xi: Gates | None,
    ends: Int[Tensor, " B"] | None = None,
) -> tuple[Float[Tensor, "T B H"], State]:
    """Run a cell over a window with the given loops through time (see `Engine`)."""
    further = [getattr(cell, weight.name) for weight in cell.weights]
    hidden, *last = _Recurrence.apply(
        loops, cell, xi, ends, len(state), x, cell.W_x, cell.b, cell.W_h, *state, *further
    )  # type: ignore[no-untyped-call]
    return hidden, tuple(last)


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        loops: Loops,
        cell: Cell,
        xi: Gates | None,
        ends: Tensor | None,
        parts: int,
        x: Tensor,
        W_x: Tensor,
        b: Tensor | None,
        W_h: Tensor | None,
        *state_and_weights: Tensor,
    ) -> tuple[Tensor, ...]:
        passed = loops.forward(cell, cell.project(x), state_and_weights[:parts], ends)
        ctx.loops, ctx.cell, ctx.xi, ctx.ends, ctx.steps = loops, cell, xi, ends, passed.steps
        ctx.save_for_backward(x, W_x, passed.hidden)
        ctx.set_materialize_grads(False)
        return (passed.hidden[1:], *passed.last)

    @staticmethod
    @differentiable_once
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        cell: Cell = ctx.cell
        x, W_x, hidden = ctx.saved_tensors
        dhidden, *dlast = gradients
        dstate = tuple(torch.zeros_like(hidden[0]) if part is None else part for part in dlast)
        da, dstate = ctx.loops.backward(cell, ctx.steps, dhidden, dstate, ctx.xi, ctx.ends)
        rows = da.flatten(0, 1)
        dx, dW_x = _input_gradients(x, W_x, rows, ctx.needs_input_grad[5])
        db = rows.sum(0) if ctx.needs_input_grad[7] else None
        multiplied = _Multiplied(hidden[:-1], ctx.steps)
        dW_h = _recurrent_gradient(cell, multiplied, rows)
        return (*[None] * 5, dx, dW_x, db, dW_h, *dstate, *_further_gradients(cell, multiplied, rows))


def _input_gradients(x: Tensor, W_x: Tensor, rows: Tensor, needs_dx: bool) -> tuple[Tensor | None, Tensor]:
    """∂L/∂x and ∂L/∂W_x from the T·B rows of ∂L/∂a."""
    if not x.is_floating_point():
        return None, torch.ops.aten.embedding_dense_backward(rows, x.flatten(), len(W_x), -1, False)
    dx = (rows @ W_x.t()).view_as(x) if needs_dx else None
    return dx, x.flatten(0, 1).t() @ rows


class _Multiplied(dict[str, Tensor]):
    """(T·B, H) what weights multiply, by its name: h_{t−1}, or a field of what the steps saved."""

    def __init__(self, before: Tensor, steps: Sequence[Any]) -> None:
        super().__init__(h=before.flatten(0, 1))
        self.steps = steps

    def __missing__(self, name: str) -> Tensor:
        self[name] = torch.stack([getattr(step, name) for step in self.steps]).flatten(0, 1)
        return self[name]


def _recurrent_gradient(cell: Cell, multiplied: _Multiplied, rows: Tensor) -> Tensor | None:
    """∂L/∂W_h, one product for each recurrent matrix; None where the cell has none."""
    parts = [multiplied[matrix.multiplies].t() @ rows[:, cell.columns(matrix.gates)] for matrix in cell.recurrent]
    if len(parts) > 1:
        return torch.cat(parts, dim=1)
    return parts[0] if parts else None


def _further_gradients(cell: Cell, multiplied: _Multiplied, rows: Tensor) -> list[Tensor]:
    """The gradient of each of the cell's further weights."""
    gradients = []
    for weight in cell.weights:
        m, da = multiplied[weight.multiplies], rows[:, cell.columns(weight.gates)]
        gradients.append((m.repeat(1, len(weight.gates)) * da).sum(0) if weight.diagonal else m.t() @ da)
    return gradients

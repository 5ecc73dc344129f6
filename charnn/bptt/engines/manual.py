"""One `autograd.Function` per layer and window, with a hand-derived loop backwards through time.

The input projection of all T steps is one product (a row gather for one-hot inputs). The loop forwards
calls `Cell.step_forward`, the loop backwards `Cell.step_backward`; with a_t the projected input,

    ∂L/∂W_x = Σ_t x_tᵀ ∂L/∂a_t     ∂L/∂b = Σ_t ∂L/∂a_t     ∂L/∂W_h = Σ_t m_tᵀ ∂L/∂a_t

where m_t is what the recurrent matrix multiplies. The sums over t are taken at the end, as one product over
all T·B rows for each matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.cells import Cell, State


@dataclass(frozen=True)
class Passed:
    """What a loop forwards leaves.

    Attributes:
        hidden: (T + 1, B, H) all h_t behind the one that was carried in, so that h_t and h_{t−1} are views of it.
        last: the state after the last step.
        steps: what `Cell.step_backward` needs of each step.
    """

    hidden: Float[Tensor, "U B H"]
    last: State
    steps: Sequence[Any]


@runtime_checkable
class Loops(Protocol):
    """The two loops through time."""

    def forward(self, cell: Cell, projected: Float[Tensor, "T B GH"], state: State) -> Passed:
        """All steps, from the projected inputs and the state before them."""
        ...

    def backward(
        self,
        cell: Cell,
        steps: Sequence[Any],
        dhidden: Float[Tensor, "T B H"] | None,
        dlast: State,
        gates: Sequence[float] | None,
    ) -> tuple[Float[Tensor, "T B GH"], State]:
        """∂L/∂ of the projected inputs and of the state before them, from that of what was read and of the end."""
        ...


class PlainLoops:
    """The loops as they stand in the lecture."""

    def forward(self, cell: Cell, projected: Float[Tensor, "T B GH"], state: State) -> Passed:
        """See `Loops`."""
        hidden = projected.new_empty(len(projected) + 1, *state[0].shape)
        hidden[0] = state[0]
        steps = []
        for t, a in enumerate(projected):
            state, saved = cell.step_forward(a, state)
            hidden[t + 1] = state[0]
            steps.append(saved)
        return Passed(hidden, state, steps)

    def backward(
        self,
        cell: Cell,
        steps: Sequence[Any],
        dhidden: Float[Tensor, "T B H"] | None,
        dlast: State,
        gates: Sequence[float] | Float[Tensor, " T"] | None,
    ) -> tuple[Float[Tensor, "T B GH"], State]:
        """See `Loops`; gates in a tensor are multiplied with, whatever they are."""
        dstate, da = dlast, dlast[0].new_empty(len(steps), dlast[0].shape[0], cell.W_h.shape[1])
        for t in range(len(steps) - 1, -1, -1):
            if dhidden is not None:
                dstate = (dstate[0] + dhidden[t], *dstate[1:])
            da[t], dstate = cell.step_backward(steps[t], dstate)
            if gates is not None and (isinstance(gates, Tensor) or gates[t] != 1):
                dstate = tuple(part * gates[t] for part in dstate)
        return da, dstate


PLAIN = PlainLoops()


def run(
    cell: Cell,
    x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
    state: State,
    gates: Sequence[float] | None = None,
    *,
    loops: Loops = PLAIN,
) -> tuple[Float[Tensor, "T B H"], State]:
    """Run `cell` over a window (see `charnn.bptt.recurrence.Engine`)."""
    hidden, *last = _Recurrence.apply(loops, cell, gates, x, cell.W_x, cell.b, cell.W_h, *state)  # type: ignore[no-untyped-call]
    return hidden, tuple(last)


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        loops: Loops,
        cell: Cell,
        gates: Sequence[float] | None,
        x: Tensor,
        W_x: Tensor,
        b: Tensor | None,
        W_h: Tensor,
        *state: Tensor,
    ) -> tuple[Tensor, ...]:
        passed = loops.forward(cell, cell.project(x), state)
        ctx.loops, ctx.cell, ctx.gates, ctx.steps = loops, cell, gates, passed.steps
        ctx.save_for_backward(x, W_x, passed.hidden)
        ctx.set_materialize_grads(False)
        return (passed.hidden[1:], *passed.last)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        cell: Cell = ctx.cell
        x, W_x, hidden = ctx.saved_tensors
        dhidden, *dlast = gradients
        dstate = tuple(torch.zeros_like(hidden[0]) if part is None else part for part in dlast)
        da, dstate = ctx.loops.backward(cell, ctx.steps, dhidden, dstate, ctx.gates)
        rows = da.flatten(0, 1)
        dx, dW_x = _input_gradients(x, W_x, rows, ctx.needs_input_grad[3])
        db = rows.sum(0) if ctx.needs_input_grad[5] else None
        return (None, None, None, dx, dW_x, db, _recurrent_gradient(cell, hidden[:-1], ctx.steps, rows), *dstate)


def _input_gradients(x: Tensor, W_x: Tensor, rows: Tensor, needs_dx: bool) -> tuple[Tensor | None, Tensor]:
    """∂L/∂x and ∂L/∂W_x from the T·B rows of ∂L/∂a."""
    if not x.is_floating_point():
        return None, torch.ops.aten.embedding_dense_backward(rows, x.flatten(), len(W_x), -1, False)
    dx = (rows @ W_x.t()).view_as(x) if needs_dx else None
    return dx, x.flatten(0, 1).t() @ rows


def _recurrent_gradient(cell: Cell, before: Tensor, steps: Sequence[Any], rows: Tensor) -> Tensor:
    """∂L/∂W_h, one product for each recurrent matrix."""
    parts = []
    for matrix in cell.recurrent:
        m = before if matrix.multiplies == "h" else torch.stack([getattr(s, matrix.multiplies) for s in steps])
        parts.append(m.flatten(0, 1).t() @ rows[:, cell.columns(matrix.gates)])
    return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]

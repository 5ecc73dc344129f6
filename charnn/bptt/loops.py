"""The two loops through time of a cell whose backward step is derived by hand.

T time steps · B lanes · G gates · H hidden units
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.rows import Gates, gate, with_arrived, with_ended
from charnn.cells import Cell, State


@dataclass(frozen=True)
class ForwardPass:
    """What a forward loop leaves.

    Attributes:
        hidden: (T + 1, B, H) all h_t behind the one that was carried in, so that h_t and h_{t−1} are views of it.
        last: the state of each row after its last step.
        steps: what `Cell.step_backward` needs of each step.
    """

    hidden: Float[Tensor, "U B H"]
    last: State
    steps: Sequence[Any]


@runtime_checkable
class Loops(Protocol):
    """A forward and a backward loop."""

    def forward(
        self, cell: Cell, projected: Float[Tensor, "T B GH"], state: State, ends: Int[Tensor, " B"] | None = None
    ) -> ForwardPass:
        """All steps, from the projected inputs and the state before them.

        Args:
            cell: the cell, with its weights.
            projected: the projected inputs.
            state: the state before the first step.
            ends: after how many steps each row ends; None: all after the last one.
        """
        ...

    def backward(
        self,
        cell: Cell,
        steps: Sequence[Any],
        dhidden: Float[Tensor, "T B H"] | None,
        dlast: State,
        xi: Gates | None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B GH"], State]:
        """From the gradient of every h_t and of the last state to that of the projected inputs and the first state.

        Args:
            cell: the cell, with its weights.
            steps: what the forward loop left.
            dhidden: ∂L/∂ of every h_t that was read; None where none was.
            dlast: ∂L/∂ of the state of each row after its last step.
            xi: ξ_t of each step, or of each step and row; None where all are 1.
            ends: as for `forward`.
        """
        ...


class PlainLoops:
    """One call of the cell's step after another."""

    def forward(
        self, cell: Cell, projected: Float[Tensor, "T B GH"], state: State, ends: Int[Tensor, " B"] | None = None
    ) -> ForwardPass:
        """See `Loops`."""
        hidden = projected.new_empty(len(projected) + 1, *state[0].shape)
        hidden[0] = state[0]
        steps = []
        last = state
        for t, a in enumerate(projected):
            state, saved = cell.step_forward(a, state)
            hidden[t + 1] = state[0]
            steps.append(saved)
            last = state if ends is None else with_ended(last, state, ends, t + 1)
        return ForwardPass(hidden, last, steps)

    def backward(
        self,
        cell: Cell,
        steps: Sequence[Any],
        dhidden: Float[Tensor, "T B H"] | None,
        dlast: State,
        xi: Gates | None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B GH"], State]:
        """See `Loops`; a tensor of ξ is multiplied with also where ξ_t is 1."""
        dstate = dlast if ends is None else tuple(torch.zeros_like(part) for part in dlast)
        da = dlast[0].new_empty(len(steps), dlast[0].shape[0], len(cell.gates) * cell.hidden)
        for t in range(len(steps) - 1, -1, -1):
            if ends is not None:
                dstate = with_arrived(dstate, dlast, ends, t + 1)
            if dhidden is not None:
                dstate = (dstate[0] + dhidden[t], *dstate[1:])
            da[t], dstate = cell.step_backward(steps[t], dstate)
            if xi is not None and (isinstance(xi, Tensor) or xi[t] != 1):
                dstate = tuple(part * gate(xi, t) for part in dstate)
        return da, dstate if ends is None else with_arrived(dstate, dlast, ends, 0)


PLAIN = PlainLoops()

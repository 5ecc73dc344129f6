"""A plain loop over `Cell.step`, the equations as they stand: for reading, inspecting, and as an oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.cells import Cell, State


@dataclass
class Trace:
    """What the loop went through, for whoever looks inside.

    After `backward`, the `.grad` of `states[t][part]` is ∂L/∂ of that part after step t (with all ξ = 1).
    """

    states: list[State] = field(default_factory=list)
    intermediates: list[dict[str, Tensor]] = field(default_factory=list)


def run(
    cell: Cell,
    x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
    state: State,
    gates: Sequence[float] | None = None,
    trace: Trace | None = None,
) -> tuple[Float[Tensor, "T B H"], State]:
    """Run `cell` over a window (see `charnn.bptt.recurrence.Engine`), noting each step in `trace`."""
    hidden = []
    for t, a in enumerate(cell.project(x)):
        if gates is not None and gates[t] != 1:
            state = tuple(_ScaleGradient.apply(part, gates[t]) for part in state)  # type: ignore[no-untyped-call]
        state, intermediates = cell.step(a, state)
        hidden.append(state[0])
        if trace is not None:
            for part in state:
                if part.requires_grad:
                    part.retain_grad()
            trace.states.append(state)
            trace.intermediates.append(intermediates)
    return torch.stack(hidden), state


class _ScaleGradient(torch.autograd.Function):
    """The identity, whose gradient is multiplied by ξ."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, gate: float) -> Tensor:
        ctx.gate = gate
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.gate, None

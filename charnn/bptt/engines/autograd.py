"""A plain loop over `Cell.step`, the equations as they are: for reading, inspecting, and as an oracle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines import Engine
from charnn.bptt.rows import Gates, gate, with_ended
from charnn.cells import Cell, State


@dataclass
class Trace:
    """What the loop went through.

    After `backward`, the `.grad` of `states[t][part]` is ∂L/∂ of that part after step t (with all ξ = 1).
    """

    states: list[State] = field(default_factory=list)
    intermediates: list[dict[str, Tensor]] = field(default_factory=list)


class Autograd(Engine):
    """The loop; torch differentiates it."""

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
        trace: Trace | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over a window (see `Engine`), noting each step in `trace`."""
        hidden, last = [], state
        for t, a in enumerate(cell.project(x)):
            if xi is not None and (isinstance(xi, Tensor) or xi[t] != 1):
                state = tuple(_ScaleGradient.apply(part, gate(xi, t)) for part in state)  # type: ignore[no-untyped-call]
            state, intermediates = cell.step(a, state)
            hidden.append(state[0])
            last = state if ends is None else with_ended(last, state, ends, t + 1)
            if trace is not None:
                for part in state:
                    if part.requires_grad:
                        part.retain_grad()
                trace.states.append(state)
                trace.intermediates.append(intermediates)
        return torch.stack(hidden), last


class _ScaleGradient(torch.autograd.Function):
    """The identity, whose gradient is multiplied by ξ."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, xi: float | Tensor) -> Tensor:
        ctx.xi = xi
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.xi, None

"""Rows of different length side by side in one window, and gates ξ that differ from row to row.

A row that ends before the window does is padded on the right. The state that it leaves is the one after its own last
step; what the window computes afterwards reaches nothing.

T time steps · B rows · H hidden units
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.cells import State

Gates = Sequence[float] | Float[Tensor, " T"] | Float[Tensor, "T B"]
"""ξ_t of each step, shared by all rows, or of each step and row."""


def gate(xi: Gates, t: int) -> float | Float[Tensor, "*B 1"]:
    """ξ_t, in a shape that a part of the state can be multiplied with."""
    return xi[t].unsqueeze(-1) if isinstance(xi, Tensor) else xi[t]


def gates_tensor(xi: Gates | None) -> Float[Tensor, "T B"] | Float[Tensor, " T"] | None:
    """The gates as the kernels read them, in float64; None where all are 1."""
    if xi is None:
        return None
    return xi.double() if isinstance(xi, Tensor) else torch.tensor(xi, dtype=torch.float64)


def piece_of(xi: Gates | None, steps: slice) -> Sequence[float] | Float[Tensor, " S"] | Float[Tensor, "S B"] | None:
    """The gates of some steps."""
    return None if xi is None else xi[steps]


def ends_within(ends: Int[Tensor, " B"] | None, steps: slice) -> Int[Tensor, " B"] | None:
    """After how many of some steps each row ends: 0 where it ended before them."""
    return None if ends is None else (ends - steps.start).clamp(0, steps.stop - steps.start)


def with_ended(last: State, state: State, ends: Int[Tensor, " B"], after: int) -> State:
    """The last states, with those of the rows that end after so many steps."""
    now = (ends == after).unsqueeze(-1)
    return tuple(torch.where(now, part, kept) for part, kept in zip(state, last, strict=True))


def with_arrived(dstate: State, dlast: State, ends: Int[Tensor, " B"], after: int) -> State:
    """∂L/∂ of the state after so many steps, with ∂L/∂ of the last state of the rows that end there."""
    now = (ends == after).unsqueeze(-1).to(dstate[0].dtype)
    return cast(State, tuple(part + now * arrived for part, arrived in zip(dstate, dlast, strict=True)))

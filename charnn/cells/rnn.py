"""The simple recurrent network.

    h_t = tanh(W_hh h_{t−1} + W_hx x_t + b_h)

Source: Elman, "Finding structure in time", 1990.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, State, Tensor
from charnn.cells._calculus import tanh, tanh_backward


class Saved(NamedTuple):
    """What the backward step needs."""

    h: Tensor


class RNNCell(Cell):
    """One tanh over input and state."""

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equation above."""
        (h,) = state
        return (tanh(self.gate("h", a, h)),), {}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same step, keeping h_t."""
        (h,) = state
        h = a.addmm(h, self.W_h).tanh_()
        return (h,), Saved(h)

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """∂L/∂a_t = (1 − h_t²) ⊙ ∂L/∂h_t."""
        (dh,) = dstate
        da = tanh_backward(dh, saved.h)
        return da, (da @ self.W_h.t(),)

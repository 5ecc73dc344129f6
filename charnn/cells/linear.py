"""The linear cell: the recurrence in which the derivation of BPTT can be followed by hand.

    h_t = W_hx x_t + W_hh h_{t−1}

    ∂L/∂h_t = Σ_{i≥t} (W_hhᵀ)^{i−t} W_qhᵀ ∂L/∂o_i

Source: Zhang et al., "Dive into Deep Learning", section 9.7, "Backpropagation through time".
"""

from __future__ import annotations

from jaxtyping import Float

from charnn.cells import Cell, State, Tensor


class LinearCell(Cell):
    """No bias, no non-linearity."""

    has_bias = False

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equation above."""
        (h,) = state
        return (self.gate("h", a, h),), {}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, None]:
        """The same step; its gradient needs nothing of it."""
        (h,) = state
        return (a.addmm(h, self.W_h),), None

    def step_backward(self, saved: None, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """∂L/∂h_{t−1} = W_hhᵀ ∂L/∂h_t."""
        (dh,) = dstate
        return dh, (dh @ self.W_h.t(),)

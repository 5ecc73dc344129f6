"""A cell of which no gate sees the state: u_t = σ(W_ux x_t + b_u), h_t = u_t ⊙ (W_hx x_t + b_h) + (1 − u_t) ⊙ h_{t−1}.

Source: Feng et al., "Were RNNs all we needed?", 2024 (minGRU).
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, State, Tensor
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward


class Saved(NamedTuple):
    u: Tensor
    candidate: Tensor
    before: Tensor


class Minimal(Cell):
    """Two gates, neither of which is recurrent."""

    gates = ("u", "h")
    recurrent = ()

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations."""
        state, saved = self.step_forward(a, state)
        return state, {"u": saved.u}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same."""
        (h,) = state
        a_u, candidate = a.chunk(2, dim=-1)
        u = sigmoid(a_u)
        return (u * candidate + (1 - u) * h,), Saved(u, candidate, h)

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """From h_t to h_{t−1} no weight is passed."""
        (dh,) = dstate
        u, candidate, before = saved
        return side_by_side(sigmoid_backward(dh * (candidate - before), u), dh * u), (dh * (1 - u),)

"""The simplified gated recurrent unit: an update gate and no reset gate.

    h̃_t = tanh(W_hh h_{t−1} + W_hx x_t + b_h)
    u_t = σ(W_uh h_{t−1} + W_ux x_t + b_u)
    h_t = u_t ⊙ h̃_t + (1 − u_t) ⊙ h_{t−1}

This is not minGRU, whose gates ignore h.

Source: Cho et al., "Learning phrase representations using RNN encoder–decoder", 2014, without its reset gate.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, Recurrent, State, Tensor
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward, tanh, tanh_backward


class Saved(NamedTuple):
    """What the backward step needs."""

    u: Tensor
    candidate: Tensor
    before: Tensor


class SimpleGRUCell(Cell):
    """The update gate decides how much of the state gives way to the candidate h̃."""

    gates = ("u", "h")
    recurrent = (Recurrent("h", ("u", "h")),)

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations above."""
        (h,) = state
        candidate = tanh(self.gate("h", a, h))
        u = sigmoid(self.gate("u", a, h))
        h = u * candidate + (1 - u) * h
        return (h,), {"u": u, "candidate": candidate}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same step, keeping u_t, h̃_t and h_{t−1}."""
        (h,) = state
        a_u, a_h = a.addmm(h, self.W_h).chunk(2, dim=-1)
        saved = Saved(a_u.sigmoid_(), a_h.tanh_(), h)
        return (h.lerp(saved.candidate, saved.u),), saved

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """h_t moves with h̃_t by u_t, with u_t by h̃_t − h_{t−1}, with h_{t−1} by 1 − u_t."""
        (dh,) = dstate
        u, candidate, before = saved
        dcandidate = dh * u
        da = side_by_side(sigmoid_backward(dh * (candidate - before), u), tanh_backward(dcandidate, candidate))
        return da, ((dh - dcandidate).addmm(da, self.W_h.t()),)

"""Long short-term memory whose gates see the memory too, through peepholes.

    c̃_t = tanh(W_ch h_{t−1} + W_cx x_t + b_c)
    u_t = σ(W_uh h_{t−1} + W_ux x_t + p_u ⊙ c_{t−1} + b_u)
    f_t = σ(W_fh h_{t−1} + W_fx x_t + p_f ⊙ c_{t−1} + b_f)
    c_t = u_t ⊙ c̃_t + f_t ⊙ c_{t−1}
    o_t = σ(W_oh h_{t−1} + W_ox x_t + p_o ⊙ c_t + b_o)
    h_t = o_t ⊙ tanh(c_t)

The peepholes p are diagonal: each unit's gates see the memory of that unit alone. They start at 0.

Source: Gers & Schmidhuber, "Recurrent nets that time and count", 2000.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, Recurrent, State, Tensor, Weight
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward, tanh, tanh_backward


class Saved(NamedTuple):
    """What the backward step needs; `before` and `c` are what the peepholes multiply."""

    u: Tensor
    f: Tensor
    o: Tensor
    candidate: Tensor
    before: Tensor
    c: Tensor
    tanh_c: Tensor


class PeepholeLSTMCell(Cell):
    """A memory c that gates look at before they write to it (u), keep it (f) and read from it (o)."""

    state_parts = ("h", "c")
    gates = ("u", "f", "o", "c")
    recurrent = (Recurrent("h", ("u", "f", "o", "c")),)
    weights = (
        Weight("p_u", "before", ("u",), diagonal=True),
        Weight("p_f", "before", ("f",), diagonal=True),
        Weight("p_o", "c", ("o",), diagonal=True),
    )
    initial_bias = {"f": 1.0}  # noqa: RUF012 (read only)

    p_u: Tensor
    p_f: Tensor
    p_o: Tensor

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations above."""
        h, c = state
        candidate = tanh(self.gate("c", a, h))
        u = sigmoid(self.gate("u", a, h) + self.p_u * c)
        f = sigmoid(self.gate("f", a, h) + self.p_f * c)
        c = u * candidate + f * c
        o = sigmoid(self.gate("o", a, h) + self.p_o * c)
        h = o * tanh(c)
        return (h, c), {"u": u, "f": f, "o": o, "candidate": candidate}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same step, keeping the gates, c̃_t, c_{t−1}, c_t and tanh(c_t)."""
        h, before = state
        u, f, o, candidate = a.addmm(h, self.W_h).chunk(4, dim=-1)
        u, f, candidate = sigmoid(u + self.p_u * before), sigmoid(f + self.p_f * before), tanh(candidate)
        c = (u * candidate).addcmul_(f, before)
        o, tanh_c = sigmoid(o + self.p_o * c), tanh(c)
        return (o * tanh_c, c), Saved(u, f, o, candidate, before, c, tanh_c)

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """As in lstm; c_t also moves o_t by p_o, and c_{t−1} also moves u_t by p_u and f_t by p_f."""
        dh, dc = dstate
        u, f, o, candidate, before, _, tanh_c = saved
        da_o = sigmoid_backward(dh * tanh_c, o)
        dc = dc + tanh_backward(dh * o, tanh_c) + da_o * self.p_o
        da_u = sigmoid_backward(dc * candidate, u)
        da_f = sigmoid_backward(dc * before, f)
        da = side_by_side(da_u, da_f, da_o, tanh_backward(dc * u, candidate))
        return da, (da @ self.W_h.t(), dc * f + da_u * self.p_u + da_f * self.p_f)

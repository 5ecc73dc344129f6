"""Long short-term memory.

    c̃_t = tanh(W_ch h_{t−1} + W_cx x_t + b_c)
    u_t = σ(W_uh h_{t−1} + W_ux x_t + b_u)
    f_t = σ(W_fh h_{t−1} + W_fx x_t + b_f)
    o_t = σ(W_oh h_{t−1} + W_ox x_t + b_o)
    c_t = u_t ⊙ c̃_t + f_t ⊙ c_{t−1}
    h_t = o_t ⊙ tanh(c_t)

Sources: Hochreiter & Schmidhuber, "Long short-term memory", 1997; the forget gate, and its bias that
starts open, from Gers, Schmidhuber & Cummins, "Learning to forget", 2000.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, Recurrent, State, Tensor
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward, tanh, tanh_backward


class Saved(NamedTuple):
    """What the backward step needs."""

    u: Tensor
    f: Tensor
    o: Tensor
    candidate: Tensor
    before: Tensor
    tanh_c: Tensor


class LSTMCell(Cell):
    """A memory c that gates write to (u), keep (f) and read from (o)."""

    state_parts = ("h", "c")
    gates = ("u", "f", "o", "c")
    recurrent = (Recurrent("h", ("u", "f", "o", "c")),)
    initial_bias = {"f": 1.0}  # noqa: RUF012 (read only)

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations above."""
        h, c = state
        candidate = tanh(self.gate("c", a, h))
        u = sigmoid(self.gate("u", a, h))
        f = sigmoid(self.gate("f", a, h))
        o = sigmoid(self.gate("o", a, h))
        c = u * candidate + f * c
        h = o * tanh(c)
        return (h, c), {"u": u, "f": f, "o": o, "candidate": candidate}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same step, keeping the gates, c̃_t, c_{t−1} and tanh(c_t)."""
        h, before = state
        a = a.addmm(h, self.W_h)
        a[:, : 3 * self.hidden].sigmoid_()
        u, f, o, candidate = a.chunk(4, dim=-1)
        candidate.tanh_()
        c = (u * candidate).addcmul_(f, before)
        tanh_c = tanh(c)
        return (o * tanh_c, c), Saved(u, f, o, candidate, before, tanh_c)

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """h_t moves with c_t by o_t (1 − tanh²c_t); c_t moves with u_t by c̃_t, with c̃_t by u_t, with f_t by c_{t−1}."""
        dh, dc = dstate
        u, f, o, candidate, before, tanh_c = saved
        dc = dc + tanh_backward(dh * o, tanh_c)
        da = side_by_side(
            sigmoid_backward(dc * candidate, u),
            sigmoid_backward(dc * before, f),
            sigmoid_backward(dh * tanh_c, o),
            tanh_backward(dc * u, candidate),
        )
        return da, (da @ self.W_h.t(), dc * f)

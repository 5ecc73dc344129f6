"""An LSTM whose gates see the memory, through diagonal weights: u_t and f_t see c_{t−1}, o_t sees c_t.

Source: Gers & Schmidhuber, "Recurrent nets that time and count", 2000.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, Recurrent, State, Tensor, Weight
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward, tanh, tanh_backward


class Saved(NamedTuple):
    u: Tensor
    f: Tensor
    o: Tensor
    candidate: Tensor
    before: Tensor
    c: Tensor


class Peephole(Cell):
    """Peepholes."""

    state_parts = ("h", "c")
    gates = ("u", "f", "o", "c")
    recurrent = (Recurrent("h", ("u", "f", "o", "c")),)
    weights = (
        Weight("p_uf", "before", ("u", "f"), diagonal=True),
        Weight("p_o", "c", ("o",), diagonal=True),
    )
    initial_bias = {"f": 1.0}  # noqa: RUF012 (read only)

    p_uf: Tensor
    p_o: Tensor

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations."""
        state, saved = self.step_forward(a, state)
        return state, {"u": saved.u, "f": saved.f, "o": saved.o, "candidate": saved.candidate}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same."""
        h, before = state
        p_u, p_f = self.p_uf.chunk(2)
        u = sigmoid(self.gate("u", a, h) + p_u * before)
        f = sigmoid(self.gate("f", a, h) + p_f * before)
        candidate = tanh(self.gate("c", a, h))
        c = u * candidate + f * before
        o = sigmoid(self.gate("o", a, h) + self.p_o * c)
        return (o * tanh(c), c), Saved(u, f, o, candidate, before, c)

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """c_t moves h_t through tanh(c_t) and through o_t."""
        dh, dc = dstate
        u, f, o, candidate, before, c = saved
        p_u, p_f = self.p_uf.chunk(2)
        da_o = sigmoid_backward(dh * tanh(c), o)
        dc = dc + tanh_backward(dh * o, tanh(c)) + da_o * self.p_o
        da_u, da_f = sigmoid_backward(dc * candidate, u), sigmoid_backward(dc * before, f)
        da = side_by_side(da_u, da_f, da_o, tanh_backward(dc * u, candidate))
        return da, (da @ self.W_h.t(), dc * f + da_u * p_u + da_f * p_f)

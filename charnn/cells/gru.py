"""The gated recurrent unit, as its authors wrote it: the reset gate acts before the product.

    r_t = σ(W_rh h_{t−1} + W_rx x_t + b_r)
    u_t = σ(W_uh h_{t−1} + W_ux x_t + b_u)
    h̃_t = tanh(W_hh (r_t ⊙ h_{t−1}) + W_hx x_t + b_h)
    h_t = u_t ⊙ h̃_t + (1 − u_t) ⊙ h_{t−1}

`torch.nn.GRU` resets after the product and swaps u with 1 − u: it is another cell.

Source: Cho et al., "Learning phrase representations using RNN encoder–decoder", 2014.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, Recurrent, State, Tensor
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward, tanh, tanh_backward


class Saved(NamedTuple):
    """What the backward step needs; `reset_h` is what W_hh multiplies."""

    u: Tensor
    r: Tensor
    candidate: Tensor
    before: Tensor
    reset_h: Tensor


class GRUCell(Cell):
    """The reset gate decides what of the state the candidate sees, the update gate how much gives way to it."""

    gates = ("u", "r", "h")
    recurrent = (Recurrent("h", ("u", "r")), Recurrent("reset_h", ("h",)))

    def _matrices(self) -> tuple[Tensor, Tensor]:
        """W_uh and W_rh side by side, and W_hh: two views of W_h."""
        return self.W_h[:, : 2 * self.hidden], self.W_h[:, 2 * self.hidden :]

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations above."""
        (h,) = state
        r = sigmoid(self.gate("r", a, h))
        u = sigmoid(self.gate("u", a, h))
        candidate = tanh(self.gate("h", a, r * h))
        h = u * candidate + (1 - u) * h
        return (h,), {"u": u, "r": r, "candidate": candidate}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same step, keeping the gates, h̃_t, h_{t−1} and r_t ⊙ h_{t−1}."""
        (h,) = state
        W_gates, W_hh = self._matrices()
        u, r = a[:, : 2 * self.hidden].addmm(h, W_gates).sigmoid_().chunk(2, dim=-1)
        reset_h = r * h
        candidate = a[:, 2 * self.hidden :].addmm(reset_h, W_hh).tanh_()
        return (h.lerp(candidate, u),), Saved(u, r, candidate, h, reset_h)

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """As in simple-gru, and the candidate reaches h_{t−1} through r_t ⊙ h_{t−1}."""
        (dh,) = dstate
        u, r, candidate, before, _ = saved
        W_gates, W_hh = self._matrices()
        dcandidate = dh * u
        da_h = tanh_backward(dcandidate, candidate)
        dreset_h = da_h @ W_hh.t()
        da_gates = side_by_side(sigmoid_backward(dh * (candidate - before), u), sigmoid_backward(dreset_h * before, r))
        dbefore = (dh - dcandidate).addcmul_(dreset_h, r).addmm(da_gates, W_gates.t())
        return side_by_side(da_gates, da_h), (dbefore,)

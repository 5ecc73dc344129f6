"""The minimal gated recurrent unit, whose gate and candidate see the input alone.

    u_t = σ(W_ux x_t + b_u)
    h̃_t = a(W_hx x_t + b_h)
    h_t = u_t ⊙ h̃_t + (1 − u_t) ⊙ h_{t−1}

The activation a is the identity, or g(v) = v + 0.5 for v ≥ 0, else σ(v), which keeps the state positive. Without a
recurrent matrix, what an input does to the state does not depend on what came before it; simple-gru's gates do see h.

Source: Feng et al., "Were RNNs all we needed?", 2024.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, State, Tensor
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward
from charnn.configuration.types import Part

HALF = 0.5
"""g(0), where the two branches of g meet."""


class Saved(NamedTuple):
    """What the backward step needs."""

    u: Tensor
    candidate: Tensor
    before: Tensor


class MinGRUCell(Cell):
    """The update gate decides how much of the state gives way to the candidate h̃."""

    gates = ("u", "h")
    recurrent = ()

    class Options(Part):
        """The activation a of the candidate."""

        activation: Literal["identity", "g"] = "identity"
        """`identity`, or `g`: v + 0.5 for v ≥ 0, else σ(v)."""

    options: Options

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations above."""
        (h,) = state
        a_u, a_h = a.chunk(2, dim=-1)
        u, candidate = sigmoid(a_u), self._activated(a_h)
        h = u * candidate + (1 - u) * h
        return (h,), {"u": u, "candidate": candidate}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same step, keeping u_t, h̃_t and h_{t−1}."""
        (h,) = state
        a_u, a_h = a.chunk(2, dim=-1)
        saved = Saved(sigmoid(a_u), self._activated(a_h), h)
        return (h.lerp(saved.candidate, saved.u),), saved

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """As in simple-gru, but for the recurrent matrix: h_{t−1} moves h_t by 1 − u_t alone."""
        (dh,) = dstate
        u, candidate, before = saved
        dcandidate = dh * u
        da_u = sigmoid_backward(dh * (candidate - before), u)
        return side_by_side(da_u, self._activation_backward(dcandidate, candidate)), (dh - dcandidate,)

    def _activated(self, v: Tensor) -> Tensor:
        """The candidate, a(v)."""
        return v if self.options.activation == "identity" else (v + HALF).where(v >= 0, sigmoid(v))

    def _activation_backward(self, dy: Tensor, y: Tensor) -> Tensor:
        """∂L/∂v of y = a(v)."""
        return dy if self.options.activation == "identity" else dy.where(y >= HALF, sigmoid_backward(dy, y))

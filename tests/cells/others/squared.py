"""A simple-gru whose gates also see s_t = κ h_{t−1}², through a dense matrix of its own; κ is an option."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, Recurrent, State, Tensor, Weight
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward, tanh, tanh_backward
from charnn.configuration.types import Part, Positive


class Saved(NamedTuple):
    u: Tensor
    candidate: Tensor
    before: Tensor
    square: Tensor


class Squared(Cell):
    """A further matrix, and an option."""

    class Options(Part):
        """κ is `scale`."""

        scale: Positive = 1.5

    gates = ("u", "h")
    recurrent = (Recurrent("h", ("u", "h")),)
    weights = (Weight("W_s", "square", ("u", "h")),)

    options: Options
    W_s: Tensor

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations."""
        state, saved = self.step_forward(a, state)
        return state, {"u": saved.u, "candidate": saved.candidate}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Saved]:
        """The same."""
        (h,) = state
        square = self.options.scale * h * h
        a_u, a_h = (a + h @ self.W_h + square @ self.W_s).chunk(2, dim=-1)
        u, candidate = sigmoid(a_u), tanh(a_h)
        return (u * candidate + (1 - u) * h,), Saved(u, candidate, h, square)

    def step_backward(self, saved: Saved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """h_{t−1} moves the gates directly, and through its square."""
        (dh,) = dstate
        u, candidate, before, _ = saved
        da = side_by_side(sigmoid_backward(dh * (candidate - before), u), tanh_backward(dh * u, candidate))
        dsquare = da @ self.W_s.t()
        return da, (dh * (1 - u) + da @ self.W_h.t() + 2 * self.options.scale * before * dsquare,)

"""Cells that charnn does not have, each with something that none of its own has."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float

from charnn.cells import Cell, CellOptions, Recurrent, State, Tensor, Weight
from charnn.cells._calculus import side_by_side, sigmoid, sigmoid_backward, tanh, tanh_backward
from charnn.configuration.types import Positive


class PeepholeSaved(NamedTuple):
    u: Tensor
    f: Tensor
    o: Tensor
    candidate: Tensor
    before: Tensor
    c: Tensor


class Peephole(Cell):
    """An LSTM whose gates see the memory, through diagonal weights: u_t and f_t see c_{t−1}, o_t sees c_t.

    Source: Gers & Schmidhuber, "Recurrent nets that time and count", 2000.
    """

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

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, PeepholeSaved]:
        """The same."""
        h, before = state
        p_u, p_f = self.p_uf.chunk(2)
        u = sigmoid(self.gate("u", a, h) + p_u * before)
        f = sigmoid(self.gate("f", a, h) + p_f * before)
        candidate = tanh(self.gate("c", a, h))
        c = u * candidate + f * before
        o = sigmoid(self.gate("o", a, h) + self.p_o * c)
        return (o * tanh(c), c), PeepholeSaved(u, f, o, candidate, before, c)

    def step_backward(self, saved: PeepholeSaved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """c_t moves h_t through tanh(c_t) and through o_t."""
        dh, dc = dstate
        u, f, o, candidate, before, c = saved
        p_u, p_f = self.p_uf.chunk(2)
        da_o = sigmoid_backward(dh * tanh(c), o)
        dc = dc + tanh_backward(dh * o, tanh(c)) + da_o * self.p_o
        da_u, da_f = sigmoid_backward(dc * candidate, u), sigmoid_backward(dc * before, f)
        da = side_by_side(da_u, da_f, da_o, tanh_backward(dc * u, candidate))
        return da, (da @ self.W_h.t(), dc * f + da_u * p_u + da_f * p_f)


class SquaredSaved(NamedTuple):
    u: Tensor
    candidate: Tensor
    before: Tensor
    square: Tensor


class Squared(Cell):
    """A simple-gru whose gates also see s = κ h_{t−1}², through a dense matrix of its own; κ is an option."""

    class Options(CellOptions):
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

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, SquaredSaved]:
        """The same."""
        (h,) = state
        square = self.options.scale * h * h
        a_u, a_h = (a + h @ self.W_h + square @ self.W_s).chunk(2, dim=-1)
        u, candidate = sigmoid(a_u), tanh(a_h)
        return (u * candidate + (1 - u) * h,), SquaredSaved(u, candidate, h, square)

    def step_backward(self, saved: SquaredSaved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """h_{t−1} moves the gates directly, and through its square."""
        (dh,) = dstate
        u, candidate, before, _ = saved
        da = side_by_side(sigmoid_backward(dh * (candidate - before), u), tanh_backward(dh * u, candidate))
        dsquare = da @ self.W_s.t()
        return da, (dh * (1 - u) + da @ self.W_h.t() + 2 * self.options.scale * before * dsquare,)


class MinimalSaved(NamedTuple):
    u: Tensor
    candidate: Tensor
    before: Tensor


class Minimal(Cell):
    """No gate sees the state: u_t = σ(W_ux x_t + b_u), h_t = u_t ⊙ (W_hx x_t + b_h) + (1 − u_t) ⊙ h_{t−1}.

    Source: Feng et al., "Were RNNs all we needed?", 2024 (minGRU).
    """

    gates = ("u", "h")
    recurrent = ()

    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations."""
        state, saved = self.step_forward(a, state)
        return state, {"u": saved.u}

    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, MinimalSaved]:
        """The same."""
        (h,) = state
        a_u, candidate = a.chunk(2, dim=-1)
        u = sigmoid(a_u)
        return (u * candidate + (1 - u) * h,), MinimalSaved(u, candidate, h)

    def step_backward(self, saved: MinimalSaved, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """The way back from h_t to h_{t−1} leads past all weights."""
        (dh,) = dstate
        u, candidate, before = saved
        return side_by_side(sigmoid_backward(dh * (candidate - before), u), dh * u), (dh * (1 - u),)


OTHERS: dict[str, type[Cell]] = {"peephole": Peephole, "squared": Squared, "minimal": Minimal}

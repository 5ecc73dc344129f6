"""The recurrent cells: one file a cell, whose file name is its name in YAML.

Vectors are rows: the lecture's W_hx x_t + W_hh h_{t−1} + b_h is written x W_x + h W_h + b, and the matrices of
a cell's G gates stand side by side, W_x (D, G·H), W_h (H, G·H), b (G·H), in the order of `gates`.

T time steps · B lanes · D inputs · H hidden units · G gates
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding

from charnn.configuration.families import CELLS

State = tuple[Float[Tensor, "B H"], ...]


@dataclass(frozen=True)
class Recurrent:
    """One recurrent matrix: the columns of W_h that belong to `gates`.

    `multiplies` names what it multiplies: "h" for h_{t−1}, else a field of what `step_forward` saves.
    """

    multiplies: str
    gates: tuple[str, ...]


class Cell(nn.Module, ABC):
    """One layer's recurrence, as a step from one state to the next.

    Attributes:
        state_parts: the names of the state's parts; the first is the output h.
        gates: the names of the gates, in storage order.
        recurrent: the recurrent matrices, in storage order.
        initial_bias: biases that do not start at 0, by gate.
        has_bias: whether there is a bias at all.
        name: the cell's name in YAML: that of the file which defines it.
    """

    state_parts: ClassVar[tuple[str, ...]] = ("h",)
    gates: ClassVar[tuple[str, ...]] = ("h",)
    recurrent: ClassVar[tuple[Recurrent, ...]] = (Recurrent("h", ("h",)),)
    initial_bias: ClassVar[dict[str, float]] = {}
    has_bias: ClassVar[bool] = True
    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = cls.__module__.rpartition(".")[2].replace("_", "-")

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.inputs, self.hidden = inputs, hidden
        width = len(self.gates) * hidden
        self.W_x = nn.Parameter(torch.zeros(inputs, width))
        self.W_h = nn.Parameter(torch.zeros(hidden, width))
        self.b = nn.Parameter(torch.zeros(width)) if self.has_bias else None

    def project(self, x: Float[Tensor, "*T B D"] | Int[Tensor, "*T B"]) -> Float[Tensor, "*T B GH"]:
        """A = x W_x + b for any number of steps at once; ids are one-hot inputs, whose product is a row gather."""
        a = x @ self.W_x if x.is_floating_point() else embedding(x, self.W_x)
        return a if self.b is None else a + self.b

    def gate(self, name: str, a: Float[Tensor, "B GH"], m: Float[Tensor, "B H"]) -> Float[Tensor, "B H"]:
        """W_·h m + W_·x x_t + b_·, what the named gate is the logistic function or the tanh of.

        Args:
            a: the projected input of all gates.
            m: what the gate's recurrent matrix multiplies.
        """
        columns = self.columns((name,))
        return a[:, columns] + m @ self.W_h[:, columns]

    def zero_state(self, lanes: int) -> State:
        """The state before anything was read: one (B, H) tensor of zeros for each part."""
        return tuple(self.W_h.new_zeros(lanes, self.hidden) for _ in self.state_parts)

    def columns(self, gates: tuple[str, ...]) -> slice:
        """The columns of W_x, W_h and b that belong to neighbouring gates."""
        first = self.gates.index(gates[0])
        return slice(first * self.hidden, (first + len(gates)) * self.hidden)

    @abstractmethod
    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations of one step, under autograd: the next state and the named intermediates.

        Args:
            a: the projected input x_t W_x + b.
        """

    @abstractmethod
    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Any]:
        """The same step without autograd: the next state and what `step_backward` needs of it."""

    @abstractmethod
    def step_backward(self, saved: Any, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """From the gradient of the state after a step to that of `a` and of the state before it."""


def cell_class(name: str) -> type[Cell]:
    """The cell that the file of that name defines.

    Raises:
        UsageError: there is no such cell.
    """
    module = CELLS.load(name)
    defined = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    return next(value for value in defined if isinstance(value, type) and issubclass(value, Cell))

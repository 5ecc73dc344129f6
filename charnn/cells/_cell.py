"""What a cell is: its declarations, and the steps that its file writes as equations.

T time steps · B lanes · D inputs · H hidden units · G gates
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jaxtyping import Float, Int

from charnn.configuration.families import name_of
from charnn.configuration.types import Part

if TYPE_CHECKING:
    from torch import Tensor as Tensor
    from torch.nn import Module, Parameter
else:
    # Shapes and types of tensors are checked in tests all the same.
    Tensor, Module = Any, object

State = tuple[Float[Tensor, "B H"], ...]


@dataclass(frozen=True)
class Recurrent:
    """One recurrent matrix: the columns of W_h that belong to `gates`.

    `multiplies` names what it multiplies: "h" for h_{t−1}, else a field of what `step_forward` saves.
    """

    multiplies: str
    gates: tuple[str, ...]


@dataclass(frozen=True)
class Weight:
    """A further weight of a cell's own, whose product with m_t is a part of the projected inputs of some gates.

        a_t ← … + m_t W   with W (H, G'·H),   or where it is diagonal   a_t ← … + m_t ⊙ p   with p (G'·H)

    Its gradient is Σ_t m_tᵀ ∂L/∂a_t, and Σ_t m_t ⊙ ∂L/∂a_t where it is diagonal, over the columns of its G' gates.

    Attributes:
        name: the name of the parameter.
        multiplies: what it multiplies, m_t: "h" for h_{t−1}, else a field of what `step_forward` saves.
        gates: the gates, neighbours in storage order, whose projected inputs take its product in.
        diagonal: whether it is a vector. A vector starts at 0, a matrix as the recurrent ones do.
    """

    name: str
    multiplies: str
    gates: tuple[str, ...]
    diagonal: bool = False


class Cell(ABC, Module):
    """One layer's recurrence, as a step from one state to the next.

    Attributes:
        state_parts: the names of the state's parts; the first is the output h.
        gates: the names of the gates, in storage order.
        recurrent: the recurrent matrices, in storage order; none where no gate sees the state.
        weights: further weights of its own.
        initial_bias: biases that do not start at 0, by gate.
        has_bias: whether there is a bias at all.
        name: the cell's name in YAML: that of the file which defines it.
        Options: the keys of the cell in the section `model`.
    """

    state_parts: ClassVar[tuple[str, ...]] = ("h",)
    gates: ClassVar[tuple[str, ...]] = ("h",)
    recurrent: ClassVar[tuple[Recurrent, ...]] = (Recurrent("h", ("h",)),)
    weights: ClassVar[tuple[Weight, ...]] = ()
    initial_bias: ClassVar[dict[str, float]] = {}
    has_bias: ClassVar[bool] = True
    name: ClassVar[str]
    Options: ClassVar[type[Part]]

    inputs: int
    hidden: int
    options: Part
    W_x: Parameter
    W_h: Parameter  # None where no gate sees the state
    b: Parameter | None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "step" not in vars(cls):  # the module that is made of a cell is that cell
            return
        cls.name = name_of(cls)
        if "Options" not in vars(cls):
            cls.Options = type("Options", (Part,), {"__module__": cls.__module__})

    if TYPE_CHECKING:  # what `charnn.cells._module` gives every cell

        def __init__(self, inputs: int, hidden: int, options: Part) -> None:
            """All weights are 0."""

        def with_weights(self, **weights: Tensor) -> Cell:
            """The same cell with other weights in the place of some, for as long as a window takes."""

        def project(self, x: Float[Tensor, "*T B D"] | Int[Tensor, "*T B"]) -> Float[Tensor, "*T B GH"]:
            """A = x W_x + b for any number of steps at once."""

        def zero_state(self, lanes: int) -> State:
            """The state before anything was read."""

    def gate(self, name: str, a: Float[Tensor, "B GH"], m: Float[Tensor, "B H"]) -> Float[Tensor, "B H"]:
        """W_·h m + W_·x x_t + b_·, what the named gate is the logistic function or the tanh of.

        Args:
            name: the gate.
            a: the projected input of all gates.
            m: what the gate's recurrent matrix multiplies.
        """
        columns = self.columns((name,))
        return a[:, columns] + m @ self.W_h[:, columns]

    def columns(self, gates: tuple[str, ...]) -> slice:
        """The columns of W_x, W_h and b that belong to neighbouring gates."""
        first = self.gates.index(gates[0])
        return slice(first * self.hidden, (first + len(gates)) * self.hidden)

    @abstractmethod
    def step(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, dict[str, Tensor]]:
        """The equations of one step, under autograd: the next state and the named intermediates.

        Args:
            a: the projected input x_t W_x + b.
            state: the state before the step.
        """

    @abstractmethod
    def step_forward(self, a: Float[Tensor, "B GH"], state: State) -> tuple[State, Any]:
        """The same step without autograd: the next state and what `step_backward` needs of it."""

    @abstractmethod
    def step_backward(self, saved: Any, dstate: State) -> tuple[Float[Tensor, "B GH"], State]:
        """From the gradient of the state after a step to that of `a` and of the state before it."""

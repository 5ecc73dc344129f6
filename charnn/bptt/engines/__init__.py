"""How a cell runs over one window: one file an engine, which all agree.

h_t = f(x_t, h_{t−1}),  t = 1 … T
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from jaxtyping import Float, Int

from charnn.cells import Cell, State, Tensor
from charnn.configuration.families import Family, name_of
from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.bptt.rows import Gates
else:
    Gates = Any


class Engine(ABC):
    """A way to run a cell over a window.

    Attributes:
        name: its name in YAML: that of the file which defines it.
        compiled: whether compiled kernels do the work where one fits.
        bfloat16: whether the factors of products, of float32 numbers, are rounded to bfloat16.
    """

    name: ClassVar[str]
    compiled: ClassVar[bool] = False
    bfloat16: bool = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = name_of(cls)

    def __init__(self, precision: str | None = None) -> None:
        """An engine whose recurrent products have factors of that precision; None: that of the weights.

        Raises:
            UsageError: it has no such products.
        """
        if precision is not None:
            raise UsageError(f"the engine `{self.name}` has no products in {precision}: take `bptt.engine: native`")

    @abstractmethod
    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over a window.

        Args:
            cell: the cell, with its weights.
            x: (T, B, D) the inputs, or (T, B) the ids of one-hot inputs.
            state: the state before the first step, one (B, H) tensor for each part.
            xi: ξ_t for each step, or for each step and row (T, B); None where all are 1. What flows back from step
                t into the state before it is multiplied by ξ_t; the first one guards `state`.
            ends: after how many steps, 0 to T, each row ends; None: all after T. What is beyond is padding: an engine
                may leave it out, and no loss reads it.

        Returns:
            (T, B, H) every h_t, and the state of each row after its last step.
        """

    def why_not(self, cell: Cell) -> str | None:
        """Why it leaves a cell to the `manual` engine; None where it does not."""
        return None

    def describe(self, cell: Cell) -> str:
        """What it runs a cell on, in words; says why where it is not what was asked for.

        Raises:
            UsageError: it cannot do what was asked for, and nothing else can.
        """
        reason = self.why_not(cell)
        return f"{self.name} engine" if reason is None else f"manual engine ({reason})"


ENGINES = Family("engine", Engine)

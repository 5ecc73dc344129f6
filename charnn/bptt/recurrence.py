"""What every engine does: run a cell over one window.

h_t = f(x_t, h_{t−1}),  t = 1 … T
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol, cast, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from charnn.cells import Cell, State
from charnn.configuration.families import ENGINES
from charnn.errors import UsageError
from charnn.kernels.library import kernels

FASTEST = "native"


@runtime_checkable
class Engine(Protocol):
    """A way to run a cell over a window; all engines agree.

    Args:
        cell: the cell, with its weights.
        x: (T, B, D) the inputs, or (T, B) the ids of one-hot inputs.
        state: the state before the first step, one (B, H) tensor for each part.
        gates: ξ_t for each step, or None where all are 1. What flows back from step t into the state before
            it is multiplied by ξ_t; the first gate guards `state`.

    Returns:
        (T, B, H) every h_t, and the state after the last step.
    """

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        gates: Sequence[float] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run the cell over the window."""
        ...


def engine(name: str = "auto", precision: str | None = None) -> Engine:
    """The engine of that name; `auto` is the fastest that fits.

    Args:
        precision: `bfloat16` rounds the factors of recurrent products.

    Raises:
        UsageError: the engine has no such products.
    """
    chosen = FASTEST if name == "auto" else name
    run = ENGINES.load(chosen).run
    if precision is None:
        return cast(Engine, run)
    if chosen != "native":
        raise UsageError(f"the engine `{name}` has no products in {precision}: take `bptt.engine: native`")
    return cast(Engine, partial(run, bfloat16=True))


def describe(name: str, cell: Cell, precision: str | None = None) -> str:
    """What the engine of that name runs a cell on, in words; says why where it is not what was asked for.

    Raises:
        UsageError: the compiled kernels that `CHARNN_KERNELS` names are not to be had, or those that the products need.
    """
    chosen = FASTEST if name == "auto" else name
    reason = fallback(name, cell)
    if precision is not None and reason is not None:
        raise UsageError(f"there are no products in {precision}, because {reason}: leave `train.precision` out")
    if reason is not None:
        return f"manual engine ({reason})"
    if chosen != "native":
        return f"{name} engine"
    if precision is None:
        return f"{kernels().variant} kernels"
    how = "" if kernels().multiplies_bfloat16() else " by rounding: this processor has no instruction for them"
    return f"{kernels().variant} kernels, products in {precision}{how}"


def fallback(name: str, cell: Cell) -> str | None:
    """Why the engine of that name leaves a cell to the `manual` engine; None where it does not."""
    missing = getattr(ENGINES.load(FASTEST if name == "auto" else name), "missing", None)
    return None if missing is None else cast(str | None, missing(cell))

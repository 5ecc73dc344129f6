"""How a network runs: on which engine, with products of which precision, and what is kept for the backward pass.

This is the one place that decides whether compiled kernels or torch do a piece of the work of a training step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines import ENGINES, Engine
from charnn.bptt.recompute import bounded_stretch, recomputed
from charnn.bptt.rows import Gates, gates_tensor
from charnn.cells import Cell, State
from charnn.kernels.library import why_not
from charnn.kernels.operators import output, window
from charnn.kernels.operators.recurrence import Window

FASTEST = "native"


@dataclass(frozen=True)
class Execution:
    """The recurrence of one layer, the loss of the output layer, and both at once for a whole window.

    Attributes:
        engine: runs a cell over a window.
        recompute: every how many steps a state is kept, where the steps between are computed again in the backward
            pass; `auto` keeps as few as bounded memory asks for, and all in windows of usual size; `none` keeps all.
    """

    engine: Engine
    recompute: Literal["auto", "none"] | int = "none"

    @classmethod
    def of(
        cls, engine: str = "auto", precision: str | None = None, recompute: Literal["auto", "none"] | int = "none"
    ) -> Execution:
        """The execution that a configuration names; the engine `auto` is the fastest that fits.

        Raises:
            UsageError: there is no such engine, or it has no products in that precision.
        """
        return cls(ENGINES.load(FASTEST if engine == "auto" else engine)(precision), recompute)

    def recurrence(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over a window (see `Engine`)."""
        stretch = self._stretch(cell, x.shape[0], x.shape[1])
        if stretch >= len(x) or not torch.is_grad_enabled():
            return self.engine(cell, x, state, xi, ends)
        return recomputed(self.engine, stretch, cell, x, state, xi, ends)

    def summed_loss(
        self, h: Float[Tensor, "*N H"], W_q: Float[Tensor, "H V"], b_q: Float[Tensor, " V"], targets: Int[Tensor, "*N"]
    ) -> Float[Tensor, ""]:
        """The cross-entropy of the symbols that came next, in nats, summed.

        Args:
            h: the states that the symbols are predicted from.
            W_q: the output layer's weights.
            b_q: its bias.
            targets: the symbols.
        """
        if self.engine.compiled:
            return output.summed_loss(h, W_q, b_q, targets, bfloat16=self.engine.bfloat16)
        return output.loss_by_torch(h, W_q, b_q, targets)

    def fuses(self, cell: Cell, W_q: Tensor, b_q: Tensor, ids: Int[Tensor, "T B"], state: State) -> bool:
        """Whether a network of this one layer, over one-hot inputs, can read a window as one operation."""
        steps, lanes = ids.shape
        if not self.engine.compiled or self._stretch(cell, steps, lanes) < steps or torch.compiler.is_compiling():
            return False
        return why_not(cell.name, cell.W_x, W_q, b_q, *state) is None

    def window(
        self,
        cell: Cell,
        W_q: Float[Tensor, "H V"],
        b_q: Float[Tensor, " V"],
        ids: Int[Tensor, "T B"],
        targets: Int[Tensor, "C B"],
        state: State,
        xi: Sequence[float] | None,
    ) -> tuple[Float[Tensor, ""], State]:
        """Read a window that `fuses`, and sum the losses of its last C steps; no gradient flows through the states.

        Args:
            cell: the one layer.
            W_q: the output layer's weights.
            b_q: its bias.
            ids: the symbols that are read.
            targets: what follows on each of the last C steps, at least one.
            state: the state before the first step.
            xi: ξ_t of each step, or None where all are 1.

        Returns:
            The sum, and the state after the last step.
        """
        gates, bfloat16 = gates_tensor(xi), self.engine.bfloat16
        read = Window(cell.name, cell.W_x, cell.b, ids, cell.W_h, state, gates, None, len(ids), bfloat16=bfloat16)
        return window.summed_loss(read, W_q, b_q, targets)

    def records(self, cells: Sequence[Cell], weights: Sequence[Tensor], steps: int, lanes: int) -> bool:
        """Whether a whole update of a network can be kernels of one program (see `charnn.kernels.program`).

        Args:
            cells: its layers.
            weights: all its parameters.
            steps: T.
            lanes: B.
        """
        if not self.engine.compiled or torch.compiler.is_compiling():
            return False
        return all(
            self._stretch(cell, steps, lanes) >= steps and why_not(cell.name, *weights) is None for cell in cells
        )

    def describe(self, cell: Cell) -> str:
        """What a cell runs on, in words (see `Engine.describe`)."""
        return self.engine.describe(cell)

    def _stretch(self, cell: Cell, steps: int, lanes: int) -> int:
        """How many steps are saved at once."""
        if self.recompute == "none":
            return steps
        return bounded_stretch(cell, steps, lanes) if self.recompute == "auto" else self.recompute


@cache
def fastest() -> Execution:
    """The execution of what is read and not learned from: the fastest engine that fits."""
    return Execution.of()

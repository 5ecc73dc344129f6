"""A network of one layer over a whole window in one go, where nothing of it has to be put together from parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.recompute import stretch_of
from charnn.bptt.recurrence import FASTEST
from charnn.cells import Cell, State
from charnn.kernels import window as whole
from charnn.kernels.recurrence import Window


@runtime_checkable
class WholeWindow(Protocol):
    """Reads a window and sums the losses of its last steps; no gradient flows into the state or out of it.

    Args:
        cell: the one layer.
        W_q: (H, V), and `b_q` (V): the output layer.
        ids: the characters.
        targets: what follows on each of the last C steps.
        state: the state before the first step.
        gates: ξ_t of each step, or None where all are 1.

    Returns:
        The sum and the state after the last step; None where the parts have to do it.
    """

    def __call__(
        self,
        cell: Cell,
        W_q: Float[Tensor, "H V"],
        b_q: Float[Tensor, " V"],
        ids: Int[Tensor, "T B"],
        targets: Int[Tensor, "C B"],
        state: State,
        gates: Sequence[float] | None,
    ) -> tuple[Float[Tensor, ""], State] | None:
        """Read the window."""
        ...


def whole_window_for(engine: str, precision: str | None, every: int | None) -> WholeWindow | None:
    """What goes with an engine, if anything does.

    Args:
        every: every how many steps a state is kept (see `charnn.bptt.recompute`).
    """
    if engine not in ("auto", FASTEST):
        return None
    return partial(_by_kernels, every=every, bfloat16=precision is not None)


def _by_kernels(
    cell: Cell,
    W_q: Float[Tensor, "H V"],
    b_q: Float[Tensor, " V"],
    ids: Int[Tensor, "T B"],
    targets: Int[Tensor, "C B"],
    state: State,
    gates: Sequence[float] | None,
    *,
    every: int | None,
    bfloat16: bool,
) -> tuple[Float[Tensor, ""], State] | None:
    fits = len(targets) > 0 and stretch_of(cell, ids.shape[0], ids.shape[1], every) >= len(ids)
    if not fits or torch.compiler.is_compiling():
        return None
    window = Window(cell.name, cell.W_x, cell.b, ids, cell.W_h, state, gates, len(ids), bfloat16=bfloat16)
    return whole.summed_loss(window, W_q, b_q, targets)

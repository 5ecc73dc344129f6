"""The kernels of a network that is read: the recurrence of a cell, and the products between layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.kernels.filling import filled
from charnn.kernels.library import Kernel, kernels, precision_of
from charnn.kernels.structures import ProjectionArguments, WindowArguments
from charnn.kernels.threads import threads_for

Floats = NDArray[np.floating[Any]]


def product(x: Floats, W: Floats) -> Floats:
    """(N, M) y = x W.

    Args:
        x: (N, D).
        W: (D, M).
    """
    (rows, inputs), columns = x.shape, W.shape[1]
    y = np.empty((rows, columns), dtype=W.dtype)
    sizes = {"rows": rows, "inputs": inputs, "columns": columns}
    arguments = filled(ProjectionArguments, {"x": x, "weights": W}, {"y": y}, **sizes)
    threads = threads_for(rows * inputs * columns)
    kernels().run(kernels().call(Kernel.PROJECTION, arguments, precision_of(W.dtype), threads))
    return y


def recurrence(
    cell: str,
    rows: Floats,
    bias: Floats | None,
    ids: NDArray[np.int64] | None,
    W_h: Floats,
    start: Sequence[Floats],
    steps: int,
    ends: NDArray[np.int64] | None = None,
) -> tuple[Floats, tuple[Floats, ...]]:
    """A cell over a window; the arguments are those of `charnn.kernels.operators.recurrence.Window`.

    Returns:
        (T, B, H) every h_t, and the state of each row after its last step.
    """
    lanes, hidden = start[0].shape
    h = np.empty((steps, lanes, hidden), dtype=W_h.dtype)
    last = tuple(np.empty_like(part, order="C") for part in start)
    arguments = filled(
        WindowArguments,
        {"rows": rows, "bias": bias, "ids": ids, "weights": W_h, "start": list(start), "ends": ends},
        {"output": h, "last": last},
        steps=steps,
        lanes=lanes,
        hidden=hidden,
        symbols=len(rows),
    )
    threads = threads_for(steps * lanes * W_h.size)
    kernels().run(kernels().call(Kernel.CELL_FORWARD, arguments, precision_of(W_h.dtype), threads, cell))
    return h, last

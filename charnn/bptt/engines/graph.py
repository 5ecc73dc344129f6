"""The loops of the `manual` engine as CUDA graphs: the hundreds of small kernels of a window are launched as one.

For each shape of window the loops are recorded once. A replay reads and writes the same memory every time: what goes in
is copied there, and what comes out is copied away.

Source: Nguyen, Carilli et al., "Accelerating PyTorch with CUDA graphs", 2021.
"""

from __future__ import annotations

import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines import Engine
from charnn.bptt.engines.manual import run_loops
from charnn.bptt.loops import PLAIN, ForwardPass
from charnn.bptt.rows import Gates
from charnn.cells import Cell, State

# Windows of more steps, and shapes beyond so many, are not recorded: each step is dozens of nodes of a graph.
MOST_STEPS, MOST_SHAPES = 512, 8
_WARM_UPS = 3

Results = TypeVar("Results")


class Graph(Engine):
    """The loops of `manual`, recorded."""

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Gates | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        """Run a cell over a window (see `Engine`). Rows of different length hardly ever come in one shape twice."""
        varies = ends is not None or isinstance(xi, Tensor)
        loops = None if varies or self.why_not(cell) or len(x) > MOST_STEPS else _loops_for(cell, len(x), state)
        return run_loops(loops or PLAIN, cell, x, state, xi, ends)

    def why_not(self, cell: Cell) -> str | None:
        """Why a cell's loops cannot be recorded; None where they can."""
        device = cell.W_x.device.type
        return None if device == "cuda" else f"graphs are recorded on CUDA alone, not on {device}"


def record(run: Callable[[], Results]) -> tuple[Callable[[], None], Results]:
    """Record what runs on the device; the replay repeats it, into the same results."""
    # Libraries set themselves up when they are first called, which must not be recorded.
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(_WARM_UPS):
            run()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        results = run()
    return graph.replay, results


class Recorded:
    """The two loops over windows of one shape.

    What the steps of a window left is overwritten by the next window: `is_free` says no until the backward pass is
    done, or no longer needed.
    """

    def __init__(self, cell: Cell, steps: int, state: State) -> None:
        """Record both loops; `state` says how many lanes there are."""
        lanes, width = len(state[0]), len(cell.gates) * cell.hidden
        self._projected = cell.W_x.new_zeros(steps, lanes, width)
        self._start = tuple(torch.zeros_like(part) for part in state)
        self._dhidden = cell.W_x.new_zeros(steps, lanes, cell.hidden)
        self._dlast = tuple(torch.zeros_like(part) for part in state)
        self._xi = cell.W_x.new_ones(steps)
        self._go, passed = record(lambda: PLAIN.forward(cell, self._projected, self._start))
        self._return, self._gradients = record(
            lambda: PLAIN.backward(cell, passed.steps, self._dhidden, self._dlast, self._xi)
        )
        self._passed = passed
        self._pending: weakref.ref[_Steps] | None = None

    @property
    def is_free(self) -> bool:
        """Whether what the last window left is no longer needed."""
        return self._pending is None or self._pending() is None

    def forward(
        self, cell: Cell, projected: Float[Tensor, "T B GH"], state: State, ends: Int[Tensor, " B"] | None = None
    ) -> ForwardPass:
        """See `Loops`; no rows of different length."""
        self._projected.copy_(projected)
        _copy(self._start, state)
        self._go()
        steps = _Steps(self._passed.steps)
        self._pending = weakref.ref(steps)
        return ForwardPass(self._passed.hidden.clone(), tuple(part.clone() for part in self._passed.last), steps)

    def backward(
        self,
        cell: Cell,
        steps: Sequence[Any],
        dhidden: Float[Tensor, "T B H"] | None,
        dlast: State,
        xi: Gates | None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B GH"], State]:
        """See `Loops`; no rows of different length."""
        if dhidden is None:
            self._dhidden.zero_()
        else:
            self._dhidden.copy_(dhidden)
        _copy(self._dlast, dlast)
        if xi is None:
            self._xi.fill_(1)
        else:
            self._xi.copy_(torch.tensor(xi, dtype=self._xi.dtype))
        self._return()
        da, dstart = self._gradients
        return da.clone(), tuple(part.clone() for part in dstart)


class _Steps(list[Any]):
    """What the steps left, alive as long as a backward pass may need it."""


@dataclass
class _Shapes:
    """The loops of one cell, by shape; the one that was used longest ago makes room for another."""

    seen: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    recorded: OrderedDict[tuple[Any, ...], Recorded] = field(default_factory=OrderedDict)


_shapes: weakref.WeakKeyDictionary[Cell, _Shapes] = weakref.WeakKeyDictionary()


def _loops_for(cell: Cell, steps: int, state: State) -> Recorded | None:
    """Loops of that shape, recorded when it comes for the second time; None before, and while they are in use."""
    shapes = _shapes.setdefault(cell, _Shapes())
    # The memory of the weights is part of what was recorded.
    memory = [parameter.data_ptr() for parameter in cell.parameters()]
    shape = (steps, *state[0].shape, cell.W_x.dtype, *memory)
    shapes.seen[shape] += 1
    if shapes.seen[shape] == 1:
        return None
    if shape not in shapes.recorded:
        if len(shapes.recorded) == MOST_SHAPES:
            shapes.recorded.popitem(last=False)
        with torch.no_grad():
            shapes.recorded[shape] = Recorded(cell, steps, state)
    shapes.recorded.move_to_end(shape)
    found = shapes.recorded[shape]
    return found if found.is_free else None


def _copy(to: State, values: State) -> None:
    for place, value in zip(to, values, strict=True):
        place.copy_(value)

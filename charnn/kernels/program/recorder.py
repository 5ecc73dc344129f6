"""How calls are recorded: with their sizes, and with the places that gradients are led back to."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from torch import Tensor

from charnn.kernels.buffers import empty
from charnn.kernels.filling import Lent, Written, filled
from charnn.kernels.library import Kernel, kernels, precision_of
from charnn.kernels.program.extents import Extent, Size, follow, most
from charnn.kernels.program.value import Value
from charnn.kernels.structures import (
    Call,
    ElementwiseArguments,
    GatherArguments,
    OutputArguments,
    ProjectionArguments,
    SymbolsArguments,
    WindowArguments,
)
from charnn.kernels.threads import threads_for

STRUCTURES: dict[Kernel, type[Any]] = {
    Kernel.CELL_FORWARD: WindowArguments,
    Kernel.CELL_BACKWARD: WindowArguments,
    Kernel.LOSS_FORWARD: OutputArguments,
    Kernel.LOSS_BACKWARD: OutputArguments,
    Kernel.PROJECTION: ProjectionArguments,
    Kernel.PROJECTION_BACKWARD: ProjectionArguments,
    Kernel.SUM: ElementwiseArguments,
    Kernel.SUM_OF_ROWS: ElementwiseArguments,
    Kernel.MASKING: ElementwiseArguments,
    Kernel.LEAVING_OUT: SymbolsArguments,
    Kernel.GATHERING: GatherArguments,
    Kernel.GATHERING_BACKWARD: GatherArguments,
}
"""What each kernel of a forward or a backward pass takes."""

PRODUCTS = (Kernel.CELL_FORWARD, Kernel.CELL_BACKWARD, Kernel.LOSS_FORWARD, Kernel.LOSS_BACKWARD)
"""The kernels whose products may have factors in bfloat16."""

Sizes: TypeAlias = Mapping[str, Size]
"""The sizes of a kernel's structure, by field."""


class Recorder:
    """The calls that were recorded so far.

    Attributes:
        bytes: how much memory their own numbers take.
    """

    def __init__(self, like: Tensor, *, bfloat16: bool = False) -> None:
        """Nothing is recorded yet.

        Args:
            like: what type the numbers have.
            bfloat16: whether recurrent products and those of the output layer have factors in bfloat16.
        """
        self.bytes = 0
        self._like = like
        self._plain = precision_of(like.dtype)
        self._of_products = precision_of(like.dtype, bfloat16=bfloat16)
        self._calls: list[tuple[Call, Size]] = []
        self._back: list[Callable[[], None]] = []
        self._alive: list[Any] = []  # the calls hold addresses alone

    def value(self, *shape: int, extent: Extent | None = None) -> Value:
        """Room for numbers, and for a gradient that is 0 where nothing is put."""
        return Value(self._room(shape), self._room(shape).zero_(), extent=extent)

    def _room(self, shape: Sequence[int]) -> Tensor:
        room = empty(shape, self._like)
        self.bytes += room.numel() * room.element_size()
        return room

    def _sum(self, sizes: Sizes, first: Tensor, second: Tensor, to: Tensor) -> None:
        self._record(Kernel.SUM, sizes, {"first": first, "second": second}, {"to": to})

    def _record_back(
        self,
        kernel: Kernel,
        sizes: Sizes,
        reads: Mapping[str, Lent],
        into: Mapping[str, Value | Sequence[Value]],
        work: Size = 0,
        cell: str | None = None,
    ) -> tuple[Any, list[Tensor]]:
        """Record a kernel that puts gradients into values, where they are added to those that are there already.

        Returns:
            What it is called with, and where it puts the gradients.
        """
        rooms: list[tuple[Value, Tensor]] = []

        def room(value: Value) -> Tensor:
            free = value.gradient is not None and not value.reached
            place = value.gradient if free else self._room(value.numbers.shape)
            assert place is not None
            rooms.append((value, place))
            return place

        writes: dict[str, Written] = {
            field: room(to) if isinstance(to, Value) else [room(value) for value in to] for field, to in into.items()
        }
        arguments = self._record(kernel, sizes, reads, writes, work, cell)
        for value, place in rooms:
            if value.gradient is not None and place is not value.gradient:
                self._sum(as_one_row(value), value.gradient, place, value.gradient)
            value.reached = True
        return arguments, [place for _, place in rooms]

    def _record(
        self,
        kernel: Kernel,
        sizes: Sizes,
        reads: Mapping[str, Lent],
        writes: Mapping[str, Written],
        work: Size = 0,
        cell: str | None = None,
    ) -> Any:
        whole = {field: most(size) for field, size in sizes.items()}
        arguments = filled(STRUCTURES[kernel], reads, writes, **whole)
        follow(arguments, sizes)
        self._add(kernel, arguments, self._of_products if kernel in PRODUCTS else self._plain, work, cell)
        return arguments

    def _add(
        self, kernel: Kernel, arguments: ctypes.Structure, precision: int, work: Size = 0, cell: str | None = None
    ) -> None:
        """Add a call; `work` is how many multiplications it does, of which those in use decide on how many threads."""
        self._alive.append(arguments)
        self._calls.append((kernels().call(kernel, arguments, precision, threads_for(most(work)), cell), work))


def as_one_row(value: Value) -> Sizes:
    """The sizes of a value whose numbers are taken as one row."""
    return {"rows": 1, "columns": value.count(1)}

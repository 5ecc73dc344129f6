"""Kernels one after another, recorded once, and run again and again with other numbers in the same places.

A step of a small network takes less time in kernels than torch takes between them. A program has nothing between them:
all calls are made ready when it is recorded, and a run of it is one call of compiled code.

Where batches differ in how many steps they have, an `Extent` says how many of those that there is room for are in use.

Each kernel of a forward pass is recorded together with the one that leads gradients back through it; `descend` puts
these behind the forward pass in reverse, and clipping and the rule of an optimiser behind them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from ctypes import Array, addressof, c_double, c_int64
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from charnn.kernels.buffers import empty
from charnn.kernels.clipping import clip_arguments
from charnn.kernels.extents import Extent, Size, follow, most
from charnn.kernels.library import Kernel, kernels, precision_of
from charnn.kernels.noise import Masks
from charnn.kernels.rules import Rule, rule_arguments
from charnn.kernels.structures import (
    Call,
    CheckArguments,
    ElementwiseArguments,
    GatherArguments,
    Lent,
    OutputArguments,
    ProjectionArguments,
    SymbolsArguments,
    WindowArguments,
    Written,
    filled,
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

Sizes: TypeAlias = Mapping[str, Size]

PRODUCTS = (Kernel.CELL_FORWARD, Kernel.CELL_BACKWARD, Kernel.LOSS_FORWARD, Kernel.LOSS_BACKWARD)
"""The kernels whose products may have factors in bfloat16."""


@dataclass(eq=False)
class Value:
    """Numbers that a program is given or computes.

    Attributes:
        numbers: where they lie, dense.
        gradient: where ∂L/∂ of them is put; None where it is not computed.
        reached: whether anything that was recorded so far puts a gradient there.
        extent: how many entries of the first axis are in use; None: all.
    """

    numbers: Tensor
    gradient: Tensor | None = None
    reached: bool = False
    extent: Extent | None = None

    @property
    def arrived(self) -> Tensor | None:
        """The gradient, or None where nothing reaches it."""
        return self.gradient if self.reached else None

    def count(self, of: int) -> Size:
        """How many vectors of so many numbers are in use."""
        whole = self.numbers.numel() // of
        return whole if self.extent is None else self.extent * (whole // self.extent.most)


class Program:
    """The calls of an update.

    Attributes:
        bytes: how much memory its own numbers take.
        masks: what each run draws first.
    """

    def __init__(self, like: Tensor, *, bfloat16: bool = False) -> None:
        """Nothing is recorded yet.

        Args:
            like: what type its numbers have.
            bfloat16: whether recurrent products and those of the output layer have factors in bfloat16.
        """
        self.bytes, self.masks = 0, Masks()
        self._like = like
        self._plain = precision_of(like.dtype)
        self._of_products = precision_of(like.dtype, bfloat16=bfloat16)
        self._calls: list[tuple[Call, Size]] = []
        self._back: list[Callable[[], None]] = []
        self._alive: list[Any] = []  # the calls hold addresses alone
        self._losses: list[tuple[float, c_double]] = []
        self._scaled: list[tuple[float, OutputArguments]] = []
        self._ready: Array[Call] | None = None

    def value(self, *shape: int, extent: Extent | None = None) -> Value:
        """Room for numbers, and for a gradient that is 0 where nothing is put."""
        return Value(self._room(shape), self._room(shape).zero_(), extent=extent)

    def projection(self, x: Value, W: Value) -> Value:
        """(…, G·H) y = x W.

        Args:
            x: (N, D), or (T, B, D).
            W: (D, G·H).
        """
        inputs, columns = W.numbers.shape
        y = self.value(*x.numbers.shape[:-1], columns, extent=x.extent)
        sizes: Sizes = {"rows": x.count(inputs), "inputs": inputs, "columns": columns}
        work = x.count(1) * columns
        reads: dict[str, Lent] = {"x": x.numbers, "weights": W.numbers}
        self._record(Kernel.PROJECTION, sizes, reads, {"y": y.numbers}, work)

        def back() -> None:
            given = {**reads, "dy": y.gradient}
            self._record_back(Kernel.PROJECTION_BACKWARD, sizes, given, {"dx": x, "dweights": W}, work)

        self._back.append(back)
        return y

    def recurrence(
        self,
        cell: str,
        rows: Value,
        bias: Value | None,
        ids: Tensor | None,
        W_h: Value,
        start: Sequence[Value],
        xi: Tensor | None,
        steps: int | Extent,
        ends: Tensor | None = None,
    ) -> tuple[Value, list[Value]]:
        """A cell over a window; the arguments are those of `charnn.kernels.operators.recurrence.Window`.

        Returns:
            (T, B, H) every h_t, and each part of the last state.
        """
        (lanes, hidden), columns = start[0].numbers.shape, W_h.numbers.shape[1]
        extent, longest = (None, steps) if isinstance(steps, int) else (steps, steps.most)
        saved, multiplied = kernels().left(cell, self._like.dtype, hidden)
        h = self.value(longest, lanes, hidden, extent=extent)
        last = [self.value(lanes, hidden) for _ in start]
        left = {"saved": self._room((longest, lanes, saved)), "multiplied": self._room((longest, lanes, multiplied))}
        reads: dict[str, Lent] = {
            "rows": rows.numbers,
            "bias": None if bias is None else bias.numbers,
            "ids": ids,
            "weights": W_h.numbers,
            "start": [part.numbers for part in start],
            "ends": ends,
        }
        sizes: Sizes = {
            "steps": longest if extent is None else extent * 1,
            "lanes": lanes,
            "hidden": hidden,
            "symbols": rows.count(columns),
            "xi_lanes": 1 if xi is None or xi.dim() == 1 else lanes,
        }
        work = h.count(1) * columns
        writes: dict[str, Written] = {"output": h.numbers, "last": [part.numbers for part in last], **left}
        self._record(Kernel.CELL_FORWARD, sizes, reads, writes, work, cell)

        def back() -> None:
            further: dict[str, Lent] = {
                "ids": ids,
                "weights": W_h.numbers,
                "start": reads["start"],
                "ends": ends,
                "output": h.numbers,
                **left,
                "xi": xi,
                "doutput": h.arrived,
                "dlast": [part.arrived for part in last],
            }
            into: dict[str, Value | Sequence[Value]] = {"drows": rows, "dweights": W_h, "dstart": start}
            _, (drows, *_) = self._record_back(Kernel.CELL_BACKWARD, sizes, further, into, work, cell)
            if bias is not None:
                each: Sizes = {"rows": rows.count(columns), "columns": columns}
                self._record_back(Kernel.SUM_OF_ROWS, each, {"first": drows}, {"to": bias})

        self._back.append(back)
        return h, last

    def gathered(self, source: Value, places: Tensor, shape: Sequence[int], extent: Extent | None = None) -> Value:
        """Some vectors of a value, in an order of their own.

        Args:
            source: (…, D) where they are.
            places: of each vector the number, counted over all axes of the source but its last.
            shape: of what comes out; its last axis is D.
            extent: how many entries of its first axis are in use; None: all.
        """
        to = self.value(*shape, extent=extent)
        width = shape[-1]
        sizes: Sizes = {"rows": to.count(width), "columns": width, "from_rows": source.count(width)}
        self._record(Kernel.GATHERING, sizes, {"places": places, "from": source.numbers}, {"to": to.numbers})

        def back() -> None:
            given: dict[str, Lent] = {"places": places, "dto": to.gradient}
            self._record_back(Kernel.GATHERING_BACKWARD, sizes, given, {"dfrom": source})

        self._back.append(back)
        return to

    def masked(self, x: Value, mask: Tensor, further_rows: int = 0) -> Value:
        """X ⊙ mask.

        Args:
            x: what is masked.
            mask: numbers of the same shape, or of one step that all steps share; they may differ at each run.
            further_rows: how many rows of zeros follow.
        """
        count, *others = x.numbers.shape
        y = self.value(count + further_rows, *others, extent=x.extent)
        y.numbers[count:] = 0
        assert y.gradient is not None
        own = Value(y.numbers[:count], y.gradient[:count])
        shared = mask.numel() < x.numbers.numel()
        sizes: Sizes = {"rows": x.count(mask.numel()), "columns": mask.numel()} if shared else _as_one_row(x)
        self._record(Kernel.MASKING, sizes, {"first": x.numbers, "second": mask}, {"to": own.numbers})

        def back() -> None:
            given: dict[str, Lent] = {"first": own.gradient, "second": mask}
            self._record_back(Kernel.MASKING, sizes, given, {"to": x})

        self._back.append(back)
        return y

    def left_out(self, ids: Tensor, mask: Tensor, symbols: int, extent: Extent | None = None) -> Tensor:
        """(T, B) the ids, or V in the place of those that are left out.

        Args:
            ids: (T, B) of one-hot vectors.
            mask: (T, B), or (B, V) for a whole window: 0 where a vector is left out.
            symbols: V.
            extent: how many steps are in use; None: all.
        """
        (steps, lanes), read = ids.shape, torch.empty_like(ids)
        sizes: Sizes = {
            "steps": steps if extent is None else extent * 1,
            "lanes": lanes,
            "symbols": symbols,
            "of_window": int(mask.shape == (lanes, symbols)),
        }
        self._record(Kernel.LEAVING_OUT, sizes, {"ids": ids, "mask": mask}, {"read": read})
        return read

    def sum(self, a: Value, b: Value) -> Value:
        """The sum of two of one shape."""
        c = self.value(*a.numbers.shape, extent=a.extent)
        self._sum(_as_one_row(a), a.numbers, b.numbers, c.numbers)

        def back() -> None:
            assert c.gradient is not None
            for part in (a, b):
                self._record_back(Kernel.SUM_OF_ROWS, _as_one_row(c), {"first": c.gradient}, {"to": part})

        self._back.append(back)
        return c

    def loss(self, h: Value, W_q: Value, b_q: Value, targets: Tensor, weight: float = 1.0) -> None:
        """The cross-entropy of the symbols that come after the last steps, summed; added to the loss of the program.

        Args:
            h: (T, B, H) the states, or (N, H).
            W_q: (H, V), and `b_q` (V): the output layer.
            targets: (C, B) the symbols after the last C steps, or (N).
            weight: what the sum is multiplied by.
        """
        counted = slice(len(h.numbers) - len(targets), None)
        hidden, symbols = W_q.numbers.shape
        loss, dlogits = c_double(), self._room((*targets.shape, symbols))
        rows = targets.numel() if h.extent is None else h.count(hidden)
        sizes: Sizes = {"rows": rows, "hidden": hidden, "symbols": symbols}
        work = rows * (hidden * symbols)
        reads: dict[str, Lent] = {
            "h": h.numbers[counted],
            "weights": W_q.numbers,
            "bias": b_q.numbers,
            "targets": targets,
        }
        self._record(Kernel.LOSS_FORWARD, {**sizes, "loss": addressof(loss)}, reads, {"dlogits": dlogits}, work)
        self._losses.append((weight, loss))

        def back() -> None:
            assert h.gradient is not None
            assert not h.reached, "what the output layer reads is read by nothing else"
            h.reached = True
            given: dict[str, Lent] = {"h": h.numbers[counted], "weights": W_q.numbers, "dlogits": dlogits}
            into = {"dh": Value(h.numbers[counted], h.gradient[counted]), "dweights": W_q, "dbias": b_q}
            arguments, _ = self._record_back(Kernel.LOSS_BACKWARD, sizes, given, into, work)
            self._scaled.append((weight, arguments))

        self._back.append(back)

    def descend(self, parameters: Sequence[Value], norm: float, value: float, rule: Rule) -> None:
        """Behind the forward pass: the backward pass, clipping, and the update of the parameters. Ends the recording.

        Args:
            parameters: what is learned.
            norm, value: the bounds of `charnn.kernels.clipping.clip`.
            rule: how the parameters are changed; `run` says at which rate.
        """
        while self._back:  # they hold the program, which is to go with its last user
            self._back.pop()()
        for parameter in parameters:
            if not parameter.reached:  # as where no loss counts: the sum of no rows
                nothing: Sizes = {"rows": 0, "columns": parameter.numbers.numel()}
                self._record_back(Kernel.SUM_OF_ROWS, nothing, {}, {"to": parameter})
        gradients = [parameter.gradient for parameter in parameters if parameter.gradient is not None]
        self._norm, self._changed = c_double(), c_int64()
        clipping = clip_arguments(gradients, norm, value, self._norm, self._changed)
        self._add(Kernel.CLIPPING, clipping, self._plain)
        for number in (self._norm, *(loss for _, loss in self._losses)):
            self._add(Kernel.CHECK, CheckArguments(1, addressof(number)), self._plain)
        self._rule = rule_arguments(rule, [parameter.numbers for parameter in parameters], gradients)
        self._add(Kernel.RULE, self._rule, self._plain)
        if self.masks:
            self._calls.insert(0, (kernels().call(Kernel.NOISE, self.masks.arguments(), self._plain), 0))
        self._ready = (Call * len(self._calls))(*(call for call, _ in self._calls))
        for call, (_, work) in zip(self._ready, self._calls, strict=True):
            follow(call, {"threads": work}, threads_for)

    def run(self, scale: float, rate: float) -> None:
        """Run the whole update.

        Args:
            scale: what the summed losses are multiplied by before their gradients are taken.
            rate: η.

        Raises:
            MemoryError: there is no room for the packed weights.
            IndexError: an id or a target is not a symbol.
            FloatingPointError: the loss or the gradient is not finite; the parameters are as they were.
        """
        assert self._ready is not None, "the recording has not ended"
        for weight, arguments in self._scaled:
            arguments.gradient = scale * weight
        self._rule.rate = rate
        kernels().run(self._ready)

    @property
    def nats(self) -> float:
        """The losses of the last run, summed."""
        return sum(weight * loss.value for weight, loss in self._losses)

    @property
    def norm(self) -> float:
        """The norm of the whole gradient of the last run before it was clipped."""
        return self._norm.value

    @property
    def clipped(self) -> bool:
        """Whether clipping changed it."""
        return bool(self._changed.value)

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
                self._sum(_as_one_row(value), value.gradient, place, value.gradient)
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


def _as_one_row(value: Value) -> Sizes:
    return {"rows": 1, "columns": value.count(1)}

"""Kernels one after another, recorded once, and run again and again with other numbers in the same places.

A step of a small network takes less time in kernels than torch takes between them. A program has nothing between them:
all calls are made ready when it is recorded, and a run of it is one call of compiled code.

Each kernel of a forward pass is recorded together with the one that leads gradients back through it; `descend` puts
these behind the forward pass in reverse, and clipping and the rule of an optimiser behind them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from ctypes import Array, addressof, c_double, c_int64
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from charnn.kernels.buffers import empty
from charnn.kernels.clipping import clip_arguments
from charnn.kernels.library import Kernel, kernels, precision_of
from charnn.kernels.noise import Masks
from charnn.kernels.rules import Rule, rule_arguments
from charnn.kernels.structures import (
    Call,
    CheckArguments,
    ElementwiseArguments,
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
}
"""What each kernel of a forward or a backward pass takes."""

PRODUCTS = (Kernel.CELL_FORWARD, Kernel.CELL_BACKWARD, Kernel.LOSS_FORWARD, Kernel.LOSS_BACKWARD)
"""The kernels whose products may have factors in bfloat16."""


@dataclass(eq=False)
class Value:
    """Numbers that a program is given or computes.

    Attributes:
        numbers: where they lie, dense.
        gradient: where ∂L/∂ of them is put; None where it is not computed.
        reached: whether anything that was recorded so far puts a gradient there.
    """

    numbers: Tensor
    gradient: Tensor | None = None
    reached: bool = False

    @property
    def arrived(self) -> Tensor | None:
        """The gradient, or None where nothing reaches it."""
        return self.gradient if self.reached else None


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
        self._calls: list[Call] = []
        self._back: list[Callable[[], None]] = []
        self._alive: list[Any] = []  # the calls hold addresses alone
        self._losses: list[c_double] = []
        self._scaled: list[OutputArguments] = []
        self._ready: Array[Call] | None = None

    def value(self, *shape: int) -> Value:
        """Room for numbers, and for a gradient that is 0 where nothing is put."""
        return Value(self._room(shape), self._room(shape).zero_())

    def projection(self, x: Value, W: Value) -> Value:
        """(N, G·H) y = x W.

        Args:
            x: (N, D), or (T, B, D).
            W: (D, G·H).
        """
        inputs, columns = W.numbers.shape
        rows = x.numbers.numel() // inputs
        y = self.value(rows, columns)
        sizes = {"rows": rows, "inputs": inputs, "columns": columns}
        threads = threads_for(rows * inputs * columns)
        reads: dict[str, Lent] = {"x": x.numbers, "weights": W.numbers}
        self._record(Kernel.PROJECTION, sizes, reads, {"y": y.numbers}, threads)

        def back() -> None:
            given = {**reads, "dy": y.gradient}
            self._record_back(Kernel.PROJECTION_BACKWARD, sizes, given, {"dx": x, "dweights": W}, threads)

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
        steps: int,
    ) -> tuple[Value, list[Value]]:
        """A cell over a window; the arguments are those of `charnn.kernels.operators.recurrence.Window`.

        Returns:
            (T, B, H) every h_t, and each part of the last state.
        """
        (lanes, hidden), symbols = start[0].numbers.shape, len(rows.numbers)
        saved, multiplied = kernels().left(cell, self._like.dtype, hidden)
        h, last = self.value(steps, lanes, hidden), [self.value(lanes, hidden) for _ in start]
        left = {"saved": self._room((steps, lanes, saved)), "multiplied": self._room((steps, lanes, multiplied))}
        reads: dict[str, Lent] = {
            "rows": rows.numbers,
            "bias": None if bias is None else bias.numbers,
            "ids": ids,
            "weights": W_h.numbers,
            "start": [part.numbers for part in start],
        }
        sizes = {"steps": steps, "lanes": lanes, "hidden": hidden, "symbols": symbols, "xi_lanes": 1}
        threads = threads_for(steps * lanes * W_h.numbers.numel())
        writes: dict[str, Written] = {"output": h.numbers, "last": [part.numbers for part in last], **left}
        self._record(Kernel.CELL_FORWARD, sizes, reads, writes, threads, cell)

        def back() -> None:
            further: dict[str, Lent] = {
                "ids": ids,
                "weights": W_h.numbers,
                "start": reads["start"],
                "output": h.numbers,
                **left,
                "xi": xi,
                "doutput": h.arrived,
                "dlast": [part.arrived for part in last],
            }
            into: dict[str, Value | Sequence[Value]] = {"drows": rows, "dweights": W_h, "dstart": start}
            _, (drows, *_) = self._record_back(Kernel.CELL_BACKWARD, sizes, further, into, threads, cell)
            if bias is not None:
                each = {"rows": symbols, "columns": len(bias.numbers)}
                self._record_back(Kernel.SUM_OF_ROWS, each, {"first": drows}, {"to": bias})

        self._back.append(back)
        return h, last

    def masked(self, x: Value, mask: Tensor, further_rows: int = 0) -> Value:
        """X ⊙ mask.

        Args:
            x: what is masked.
            mask: numbers of the same shape, or of one step that all steps share; they may differ at each run.
            further_rows: how many rows of zeros follow.
        """
        count, *others = x.numbers.shape
        y = self.value(count + further_rows, *others)
        y.numbers[count:] = 0
        assert y.gradient is not None
        own = Value(y.numbers[:count], y.gradient[:count])
        sizes = {"rows": x.numbers.numel() // mask.numel(), "columns": mask.numel()}
        self._record(Kernel.MASKING, sizes, {"first": x.numbers, "second": mask}, {"to": own.numbers})

        def back() -> None:
            given: dict[str, Lent] = {"first": own.gradient, "second": mask}
            self._record_back(Kernel.MASKING, sizes, given, {"to": x})

        self._back.append(back)
        return y

    def left_out(self, ids: Tensor, mask: Tensor, symbols: int) -> Tensor:
        """(T, B) the ids, or V in the place of those that are left out.

        Args:
            ids: (T, B) of one-hot vectors.
            mask: (T, B), or (B, V) for a whole window: 0 where a vector is left out.
            symbols: V.
        """
        (steps, lanes), read = ids.shape, torch.empty_like(ids)
        sizes = {"steps": steps, "lanes": lanes, "symbols": symbols, "of_window": mask.shape == (lanes, symbols)}
        self._record(Kernel.LEAVING_OUT, sizes, {"ids": ids, "mask": mask}, {"read": read})
        return read

    def sum(self, a: Value, b: Value) -> Value:
        """The sum of two of one shape."""
        c = self.value(*a.numbers.shape)
        self._sum(a.numbers, b.numbers, c.numbers)

        def back() -> None:
            assert c.gradient is not None
            for part in (a, b):
                one_row = {"rows": 1, "columns": c.numbers.numel()}
                self._record_back(Kernel.SUM_OF_ROWS, one_row, {"first": c.gradient}, {"to": part})

        self._back.append(back)
        return c

    def loss(self, h: Value, W_q: Value, b_q: Value, targets: Tensor) -> None:
        """The cross-entropy of the symbols that come after the last steps, summed; added to the loss of the program.

        Args:
            h: (T, B, H) the states.
            W_q: (H, V), and `b_q` (V): the output layer.
            targets: (C, B) the symbols after the last C steps.
        """
        counted = slice(len(h.numbers) - len(targets), None)
        hidden, symbols = W_q.numbers.shape
        rows, loss = targets.numel(), c_double()
        dlogits = self._room((*targets.shape, symbols))
        sizes = {"rows": rows, "hidden": hidden, "symbols": symbols}
        threads = threads_for(rows * hidden * symbols)
        reads: dict[str, Lent] = {
            "h": h.numbers[counted],
            "weights": W_q.numbers,
            "bias": b_q.numbers,
            "targets": targets,
        }
        self._record(Kernel.LOSS_FORWARD, {**sizes, "loss": addressof(loss)}, reads, {"dlogits": dlogits}, threads)
        self._losses.append(loss)

        def back() -> None:
            assert h.gradient is not None
            assert not h.reached, "what the output layer reads is read by nothing else"
            h.reached = True
            given: dict[str, Lent] = {"h": h.numbers[counted], "weights": W_q.numbers, "dlogits": dlogits}
            into = {"dh": Value(h.numbers[counted], h.gradient[counted]), "dweights": W_q, "dbias": b_q}
            arguments, _ = self._record_back(Kernel.LOSS_BACKWARD, sizes, given, into, threads)
            self._scaled.append(arguments)

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
                nothing = {"rows": 0, "columns": parameter.numbers.numel()}
                self._record_back(Kernel.SUM_OF_ROWS, nothing, {}, {"to": parameter})
        gradients = [parameter.gradient for parameter in parameters if parameter.gradient is not None]
        self._norm, self._changed = c_double(), c_int64()
        clipping = clip_arguments(gradients, norm, value, self._norm, self._changed)
        self._add(Kernel.CLIPPING, clipping, self._plain)
        for number in (self._norm, *self._losses):
            self._add(Kernel.CHECK, CheckArguments(1, addressof(number)), self._plain)
        self._rule = rule_arguments(rule, [parameter.numbers for parameter in parameters], gradients)
        self._add(Kernel.RULE, self._rule, self._plain)
        drawing = [kernels().call(Kernel.NOISE, self.masks.arguments(), self._plain)] if self.masks else []
        calls = [*drawing, *self._calls]
        self._ready = (Call * len(calls))(*calls)

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
        for arguments in self._scaled:
            arguments.gradient = scale
        self._rule.rate = rate
        kernels().run(self._ready)

    @property
    def nats(self) -> float:
        """The losses of the last run, summed."""
        return sum(loss.value for loss in self._losses)

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

    def _sum(self, first: Tensor, second: Tensor, to: Tensor) -> None:
        sizes = {"rows": 1, "columns": to.numel()}
        self._record(Kernel.SUM, sizes, {"first": first, "second": second}, {"to": to})

    def _record_back(
        self,
        kernel: Kernel,
        sizes: Mapping[str, int],
        reads: Mapping[str, Lent],
        into: Mapping[str, Value | Sequence[Value]],
        threads: int = 1,
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
        arguments = self._record(kernel, sizes, reads, writes, threads, cell)
        for value, place in rooms:
            if value.gradient is not None and place is not value.gradient:
                self._sum(value.gradient, place, value.gradient)
            value.reached = True
        return arguments, [place for _, place in rooms]

    def _record(
        self,
        kernel: Kernel,
        sizes: Mapping[str, int],
        reads: Mapping[str, Lent],
        writes: Mapping[str, Written],
        threads: int = 1,
        cell: str | None = None,
    ) -> Any:
        arguments = filled(STRUCTURES[kernel], reads, writes, **sizes)
        self._add(kernel, arguments, self._of_products if kernel in PRODUCTS else self._plain, threads, cell)
        return arguments

    def _add(
        self, kernel: Kernel, arguments: ctypes.Structure, precision: int, threads: int = 1, cell: str | None = None
    ) -> None:
        self._alive.append(arguments)
        self._calls.append(kernels().call(kernel, arguments, precision, threads, cell))

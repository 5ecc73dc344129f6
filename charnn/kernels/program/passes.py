"""What a forward pass is made of, each kernel with the one that leads gradients back through it."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import addressof, c_double

import torch
from torch import Tensor

from charnn.kernels.filling import Lent, Written
from charnn.kernels.library import Kernel, kernels
from charnn.kernels.program.extents import Extent
from charnn.kernels.program.masks import Masks
from charnn.kernels.program.recorder import Recorder, Sizes, as_one_row
from charnn.kernels.program.value import Value
from charnn.kernels.structures import OutputArguments


class Passes(Recorder):
    """The forward pass that was recorded so far, and the backward pass that belongs to it.

    Attributes:
        masks: what each run draws first.
    """

    def __init__(self, like: Tensor, *, bfloat16: bool = False) -> None:
        """See `Recorder`."""
        super().__init__(like, bfloat16=bfloat16)
        self.masks = Masks()
        self._losses: list[tuple[float, c_double]] = []
        self._scaled: list[tuple[float, OutputArguments]] = []

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
        sizes: Sizes = {"rows": x.count(mask.numel()), "columns": mask.numel()} if shared else as_one_row(x)
        self._record(Kernel.MASKING, sizes, {"first": x.numbers, "second": mask}, {"to": own.numbers})

        def back() -> None:
            given: dict[str, Lent] = {"first": own.gradient, "second": mask}
            self._record_back(Kernel.MASKING, sizes, given, {"to": x})

        self._back.append(back)
        return y

    def left_out(
        self, ids: Tensor, mask: Tensor, symbols: int, extent: Extent | None = None, *, of_window: bool
    ) -> Tensor:
        """(T, B) the ids, or V in the place of those that are left out.

        Args:
            ids: (T, B) of one-hot vectors.
            mask: (T, B), or of a whole window (B, V): 0 where a vector is left out.
            symbols: V.
            extent: how many steps are in use; None: all.
            of_window: which of the two the mask is; both may have one shape.
        """
        (steps, lanes), read = ids.shape, torch.empty_like(ids)
        sizes: Sizes = {
            "steps": steps if extent is None else extent * 1,
            "lanes": lanes,
            "symbols": symbols,
            "of_window": int(of_window),
        }
        self._record(Kernel.LEAVING_OUT, sizes, {"ids": ids, "mask": mask}, {"read": read})
        return read

    def sum(self, a: Value, b: Value) -> Value:
        """The sum of two of one shape."""
        c = self.value(*a.numbers.shape, extent=a.extent)
        self._sum(as_one_row(a), a.numbers, b.numbers, c.numbers)

        def back() -> None:
            assert c.gradient is not None
            for part in (a, b):
                self._record_back(Kernel.SUM_OF_ROWS, as_one_row(c), {"first": c.gradient}, {"to": part})

        self._back.append(back)
        return c

    def loss(
        self,
        h: Value,
        W_q: Value,
        b_q: Value,
        targets: Tensor,
        weight: float = 1.0,
        row_weights: Tensor | None = None,
    ) -> None:
        """The cross-entropy of the symbols that come after the last steps, summed; added to the loss of the program.

        Args:
            h: (T, B, H) the states, or (N, H).
            W_q: (H, V), and `b_q` (V): the output layer.
            targets: (C, B) the symbols after the last C steps, or (N).
            weight: what the sum is multiplied by.
            row_weights: (N) what the loss of each row is multiplied by; None where all are 1.
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
            "row_weights": row_weights,
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

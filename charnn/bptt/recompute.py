"""BPTT in bounded memory: only every k-th state is kept, and the steps between are computed again on the way back.

    forwards    h_0 … h_k … h_2k …       what the steps between saved is thrown away
    backwards   h_ik … h_(i+1)k again from h_ik, then back through them;  i from the last to the first

Memory falls from T steps to k steps and T/k states; time grows by one pass forwards.

Source: Chen, Xu, Zhang & Guestrin, "Training deep nets with sublinear memory cost", 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.recurrence import Engine
from charnn.cells import Cell, State

# `auto` leaves a window alone that saves less than this, and else cuts it into stretches that save so much; in bytes.
LARGEST_WINDOW, STRETCH = 512 << 20, 64 << 20


def recomputing(run: Engine, every: int | None = None) -> Engine:
    """The same engine, which keeps only every `every`-th state.

    Args:
        every: k; without it as few as bounded memory asks for: all of them in windows of usual size.
    """

    def recompute(
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        gates: Sequence[float] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        stretch = stretch_of(cell, x.shape[0], x.shape[1], every)
        if stretch >= len(x) or not torch.is_grad_enabled():
            return run(cell, x, state, gates)
        output, *last = _Recompute.apply(run, cell, gates, stretch, x, *state, *cell.parameters())  # type: ignore[no-untyped-call]
        return output, tuple(last)

    return recompute


def stretch_of(cell: Cell, steps: int, lanes: int, every: int | None) -> int:
    """How many steps are saved at once: `every`, or without it as many as bounded memory allows."""
    if every is not None:
        return every
    # Forwards the gates and the state, backwards the gradients of the gates.
    numbers = (2 * len(cell.gates) + 2 * len(cell.state_parts)) * cell.hidden * lanes
    step = numbers * cell.W_h.element_size()
    return steps if step * steps <= LARGEST_WINDOW else max(1, STRETCH // step)


class _Recompute(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        run: Engine,
        cell: Cell,
        gates: Sequence[float] | None,
        stretch: int,
        x: Tensor,
        *state_and_parameters: Tensor,
    ) -> tuple[Tensor, ...]:
        parts = len(cell.state_parts)
        state: State = state_and_parameters[:parts]
        output = state[0].new_empty(len(x), *state[0].shape)
        starts: list[Tensor] = []
        for begin in range(0, len(x), stretch):
            piece = slice(begin, begin + stretch)
            starts += state
            output[piece], state = run(cell, x[piece], state, gates and gates[piece])
        ctx.run, ctx.cell, ctx.gates, ctx.stretch = run, cell, gates, stretch
        ctx.save_for_backward(x, *starts)
        ctx.set_materialize_grads(False)
        return (output, *(part.clone() for part in state))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        x, *starts = ctx.saved_tensors
        doutput, *dstate = gradients
        parameters, parts = list(ctx.cell.parameters()), len(ctx.cell.state_parts)
        dx = torch.empty_like(x) if ctx.needs_input_grad[4] else None
        dparameters: list[Tensor | None] = [None] * len(parameters)
        for number in range(len(starts) // parts - 1, -1, -1):
            piece = slice(number * ctx.stretch, (number + 1) * ctx.stretch)
            state = tuple(part.detach().requires_grad_() for part in starts[number * parts : (number + 1) * parts])
            inputs = x[piece].detach()
            if dx is not None:
                inputs.requires_grad_()
            with torch.enable_grad():
                output, last = ctx.run(ctx.cell, inputs, state, ctx.gates and ctx.gates[piece])
            wanted = (None if doutput is None else doutput[piece], *dstate)
            read = [(value, d) for value, d in zip((output, *last), wanted, strict=True) if d is not None]
            values, gradients_of_values = zip(*read, strict=True)
            leaves = [*state, *parameters, *([] if dx is None else [inputs])]
            found = torch.autograd.grad(values, leaves, gradients_of_values, allow_unused=True)
            dstate = list(found[:parts])
            for index, gradient in enumerate(found[parts : parts + len(parameters)]):
                so_far = dparameters[index]
                dparameters[index] = gradient if so_far is None else so_far.add_(gradient)
            if dx is not None:
                dx[piece] = found[-1]
        return (None, None, None, None, dx, *dstate, *dparameters)

"""BPTT in bounded memory: only every k-th state is kept, and the backward pass computes the steps between again.

    forward pass    h_0 … h_k … h_2k …       what the steps between saved is thrown away
    backward pass   h_ik … h_(i+1)k again from h_ik, then back through them;  i from the last to the first

Memory falls from T steps to k steps and T/k states; time grows by one forward pass.

Source: Chen, Xu, Zhang & Guestrin, "Training deep nets with sublinear memory cost", 2016.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.bptt.engines import Engine
from charnn.bptt.rows import Gates, ends_within, piece_of
from charnn.cells import Cell, State
from charnn.kernels.operators.once import differentiable_once

# In bytes: a window that saves less than the first is not cut; a larger one is cut into stretches that save the second.
LARGEST_WINDOW, STRETCH = 512 << 20, 64 << 20


def recomputed(
    engine: Engine,
    stretch: int,
    cell: Cell,
    x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
    state: State,
    xi: Gates | None = None,
    ends: Int[Tensor, " B"] | None = None,
) -> tuple[Float[Tensor, "T B H"], State]:
    """Run a cell over a window on an engine (see `Engine`), keeping only every `stretch`-th state."""
    output, *last = _Recompute.apply(engine, cell, xi, ends, stretch, x, *state, *cell.parameters())  # type: ignore[no-untyped-call]
    return output, tuple(last)


def bounded_stretch(cell: Cell, steps: int, lanes: int) -> int:
    """How many steps may be saved at once in bounded memory; all of them in a window of usual size."""
    # The forward pass saves the gates and the state, the backward pass the gradients of the gates.
    numbers = (2 * len(cell.gates) + 2 * len(cell.state_parts)) * cell.hidden * lanes
    step = numbers * cell.W_x.element_size()
    return steps if step * steps <= LARGEST_WINDOW else max(1, STRETCH // step)


class _Recompute(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        engine: Engine,
        cell: Cell,
        xi: Gates | None,
        ends: Tensor | None,
        stretch: int,
        x: Tensor,
        *state_and_parameters: Tensor,
    ) -> tuple[Tensor, ...]:
        parts = len(cell.state_parts)
        state: State = state_and_parameters[:parts]
        output = state[0].new_empty(len(x), *state[0].shape)
        starts: list[Tensor] = []
        for begin in range(0, len(x), stretch):
            piece = slice(begin, min(begin + stretch, len(x)))
            starts += state
            output[piece], state = engine(cell, x[piece], state, piece_of(xi, piece), ends_within(ends, piece))
        ctx.engine, ctx.cell, ctx.xi, ctx.ends, ctx.stretch = engine, cell, xi, ends, stretch
        ctx.save_for_backward(x, *starts)
        ctx.set_materialize_grads(False)
        return (output, *(part.clone() for part in state))

    @staticmethod
    @differentiable_once
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        x, *starts = ctx.saved_tensors
        doutput, *dstate = gradients
        parameters, parts = list(ctx.cell.parameters()), len(ctx.cell.state_parts)
        dx = torch.empty_like(x) if ctx.needs_input_grad[5] else None
        dparameters: list[Tensor | None] = [None] * len(parameters)
        for number in range(len(starts) // parts - 1, -1, -1):
            piece = slice(number * ctx.stretch, min((number + 1) * ctx.stretch, len(x)))
            state = tuple(part.detach().requires_grad_() for part in starts[number * parts : (number + 1) * parts])
            inputs = x[piece].detach()
            if dx is not None:
                inputs.requires_grad_()
            with torch.enable_grad():
                gates, ends = piece_of(ctx.xi, piece), ends_within(ctx.ends, piece)
                output, last = ctx.engine(ctx.cell, inputs, state, gates, ends)
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
        return (None, None, None, None, None, dx, *dstate, *dparameters)

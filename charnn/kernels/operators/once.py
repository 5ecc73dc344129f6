"""Backward passes that are derived by hand: torch does not see what they compute, and cannot differentiate it again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor

Backward = Callable[..., tuple[Tensor | None, ...]]


def differentiable_once(backward: Backward) -> Backward:
    """The `backward` of an `autograd.Function`, which refuses to be part of a second derivative.

    `torch.autograd.function.once_differentiable` would let some pass as zero: it looks at the gradients that come in,
    and those of a plain sum are constants; and `allow_unused` takes what it returns for independent of the inputs.
    """

    @wraps(backward)
    def run(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # torch records what the backward pass does: `create_graph=True`
            raise NotImplementedError(
                "charnn derives this gradient by hand, and there is no derivative of it: leave out `create_graph=True`,"
                " or take a layer of torch.nn, or the engine `autograd` without recomputation"
            )
        return backward(ctx, *gradients)

    return run

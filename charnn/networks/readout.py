"""The output layer: from the top layer's h to logits, and to the loss of what came next.

    o_t = W_qh h_t + b_q      L = Σ_t l(y_t, o_t),  l the cross-entropy of softmax(o_t)

*N steps and lanes · H hidden units · V symbols
"""

from __future__ import annotations

from functools import partial
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from charnn.kernels import output as native
from charnn.kernels.library import dense, library


@runtime_checkable
class Loss(Protocol):
    """A way to sum the losses of all rows, in nats; all of them agree.

    Args:
        h: the states that the symbols are read from.
        W_q: (H, V), and `b_q` (V): the output layer.
        targets: the symbols.
    """

    def __call__(
        self, h: Float[Tensor, "*N H"], W_q: Float[Tensor, "H V"], b_q: Float[Tensor, " V"], targets: Int[Tensor, "*N"]
    ) -> Float[Tensor, ""]:
        """The sum."""
        ...


def logits(h: Float[Tensor, "*N H"], W_q: Float[Tensor, "H V"], b_q: Float[Tensor, " V"]) -> Float[Tensor, "*N V"]:
    """The logits, o = h W_q + b_q."""
    return torch.addmm(b_q, h.flatten(0, -2), W_q).view(*h.shape[:-1], len(b_q))


def loss_by_torch(
    h: Float[Tensor, "*N H"], W_q: Float[Tensor, "H V"], b_q: Float[Tensor, " V"], targets: Int[Tensor, "*N"]
) -> Float[Tensor, ""]:
    """The sum as torch has it: logits first, then their cross-entropy."""
    return functional.cross_entropy(logits(h, W_q, b_q).flatten(0, -2), targets.flatten(), reduction="sum")


def loss_by_kernels(
    h: Float[Tensor, "*N H"],
    W_q: Float[Tensor, "H V"],
    b_q: Float[Tensor, " V"],
    targets: Int[Tensor, "*N"],
    *,
    bfloat16: bool = False,
) -> Float[Tensor, ""]:
    """The same in one pass of compiled code, where it fits.

    Args:
        bfloat16: whether the factors of products, of float32 numbers, are rounded to bfloat16.
    """
    if library() is None or not dense((W_q, b_q)) or h.dtype != W_q.dtype:
        return loss_by_torch(h, W_q, b_q, targets)
    return native.summed_loss(h, W_q, b_q, targets, bfloat16=bfloat16)


def loss_for(engine: str, precision: str | None) -> Loss:
    """The loss that goes with an engine."""
    if engine in ("auto", "native"):
        return partial(loss_by_kernels, bfloat16=precision is not None)
    return loss_by_torch

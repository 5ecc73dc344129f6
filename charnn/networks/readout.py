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

from charnn.kernels.output import loss_by_torch, summed_loss


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


def loss_for(engine: str, precision: str | None) -> Loss:
    """The loss that goes with an engine."""
    if engine in ("auto", "native"):
        return partial(summed_loss, bfloat16=precision is not None)
    return loss_by_torch

"""The readout: from the top layer's h to logits.

    o_t = W_qh h_t + b_q

*N steps and lanes · H hidden units · V symbols
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional


class Readout(NamedTuple):
    """The output layer.

    Attributes:
        W_q: the transpose of W_qh.
        b_q: the bias.
    """

    W_q: Float[Tensor, "H V"]
    b_q: Float[Tensor, " V"]

    def logits(self, h: Float[Tensor, "*N H"]) -> Float[Tensor, "*N V"]:
        """The logits, o = h W_q + b_q."""
        return torch.addmm(self.b_q, h.flatten(0, -2), self.W_q).view(*h.shape[:-1], len(self.b_q))


def cross_entropy(logits: Float[Tensor, "T B V"], targets: Int[Tensor, "T B"]) -> Float[Tensor, ""]:
    """The cross-entropy in nats, summed over steps and lanes."""
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")

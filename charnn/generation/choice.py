"""How a symbol is chosen: by the inverse of the cumulative distribution.

    p = softmax(o / temperature), cut to the top k and the top p, and u uniform in [0, 1):
    the first symbol whose cumulative p exceeds u · Σp.

B lanes · V symbols
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from charnn.errors import UsageError


@dataclass(frozen=True)
class Choice:
    """How a symbol is drawn.

    Attributes:
        temperature: the logits are divided by it; 0 takes the likeliest symbol.
        top_k: only the k likeliest symbols are drawn from.
        top_p: only the likeliest symbols that together reach this probability are drawn from
            (Holtzman et al., "The curious case of neural text degeneration", 2020).

    Raises:
        UsageError: one of them is out of its range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < math.inf:
            raise UsageError(f"the temperature must be a number from 0 on, not {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise UsageError(f"top k must be at least 1, not {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"top p must be a probability above 0, not {self.top_p}")

    def probabilities(self, logits: Float[NDArray[Any], "B V"]) -> Float[NDArray[Any], "B V"]:
        """The distribution that is drawn from, in float64."""
        logits = logits.astype(np.float64)
        if self.temperature == 0:
            return np.asarray(logits.argmax(-1)[:, None] == np.arange(logits.shape[-1]), dtype=np.float64)
        # From the largest logit on, no temperature makes the exponential overflow.
        with np.errstate(over="ignore"):
            p: NDArray[np.float64] = np.exp((logits - logits.max(-1, keepdims=True)) / self.temperature)
        p /= p.sum(-1, keepdims=True)
        if self.top_k is None and self.top_p is None:
            return p
        order = np.argsort(-p, axis=-1, kind="stable")
        ranked = np.take_along_axis(p, order, -1)
        if self.top_k is not None:
            ranked[..., self.top_k :] = 0
        if self.top_p is not None:
            before = ranked.cumsum(-1) - ranked
            ranked[before >= self.top_p * ranked.sum(-1, keepdims=True)] = 0
        np.put_along_axis(p, order, ranked, -1)
        return np.asarray(p / p.sum(-1, keepdims=True))


def pick(p: Float[NDArray[Any], "B V"], uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first symbol of each row whose cumulative probability exceeds u · Σp."""
    cumulative = p.cumsum(-1)
    # u · Σp may round up to Σp itself, which no cumulative sum exceeds.
    thresholds = np.minimum(uniforms * cumulative[:, -1], np.nextafter(cumulative[:, -1], 0))
    picked: NDArray[np.int64] = (cumulative <= thresholds[:, None]).sum(-1)
    return picked

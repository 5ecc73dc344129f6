"""What a loss in nats is in other measures. No torch."""

from __future__ import annotations

import math

LARGEST_LOSS = 700.0
"""In nats; the perplexity of a larger loss is beyond all numbers."""


def bits(nats: float) -> float:
    """The loss in bits: nats / ln 2."""
    return nats / math.log(2)


def perplexity(nats: float) -> float:
    """exp(nats), infinite above 700 nats."""
    return math.exp(nats) if nats <= LARGEST_LOSS else math.inf

"""Measures that follow from a loss in nats. No torch: networks and Markov models are measured by the same functions."""

from __future__ import annotations

import math

_LARGEST_NATS = 700.0


def bits(nats: float) -> float:
    """The same loss in bits: nats / ln 2. Bits per character are called bpc."""
    return nats / math.log(2)


def perplexity(nats: float) -> float:
    """exp(nats), where nats is a mean loss per symbol; infinite above 700 nats, where a float soon overflows."""
    return math.inf if nats > _LARGEST_NATS else math.exp(nats)

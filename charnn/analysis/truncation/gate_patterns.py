"""The patterns of gates ξ that randomized truncation can draw over a text: all of them, or some."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from random import Random

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.truncation.window_plan import kept
from charnn.bptt.strategies.randomized import Randomized

Pattern = tuple[float, NDArray[np.float64]]
"""The chance of a pattern, and the P that it leaves (see `kept`)."""

MOST_ENUMERATED = 12


def probabilities(strategy: Randomized, length: int) -> list[float]:
    """π of each step."""
    return [strategy.pi[step % len(strategy.pi)] for step in range(length)]


def all_patterns(strategy: Randomized, length: int) -> Iterator[Pattern]:
    """Every pattern that can be drawn."""
    pi = probabilities(strategy, length)[1:]
    for pattern in product([False, True], repeat=length - 1):
        chance = math.prod(p if keep else 1 - p for p, keep in zip(pi, pattern, strict=True))
        if chance:
            xi = [1.0, *(1 / p if keep else 0.0 for p, keep in zip(pi, pattern, strict=True))]
            yield chance, kept(strategy.cut(xi, length), length)


def drawn_patterns(strategy: Randomized, length: int, draws: int, seed: int) -> Iterator[Pattern]:
    """That many draws, all of the same weight."""
    random = Random(f"{seed} draws")
    for _ in range(draws):
        yield 1.0, kept(strategy.windows(length, random), length)

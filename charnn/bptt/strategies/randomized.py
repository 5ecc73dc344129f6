"""Randomized truncation: gradients are cut at random steps and weighted so that they stay unbiased.

    ξ_t = 0 with probability 1 − π_t, else 1/π_t:   E[ξ_t] = 1   and so   E[z_t] = ∂h_t/∂w

A window ends where ξ_t = 0. Summed losses are divided by one constant, c = 1/(1 − mean π), the expected
length of a window, and never by the length that was drawn, which would bring a bias back.

Source: Tallec & Ollivier, "Unbiasing truncated backpropagation through time", 2017.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Annotated, Any

from pydantic import BeforeValidator

from charnn.bptt.plan import Window
from charnn.bptt.strategies import Strategy
from charnn.configuration.types import Count, Probability


def _listed(value: Any) -> Any:
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("must be a probability or a list of them, and the list is empty")
        return tuple(value)
    return (value,)


class Randomized(Strategy):
    """Windows of random length.

    `pi` is one keep probability or a list that is indexed by the position in the lane and cycled.
    `max_window` bounds the memory; every window that it ends is marked `bounded`, because there the
    gradient is biased again.
    """

    of_lanes = ("max_window",)

    pi: Annotated[tuple[Probability, ...], BeforeValidator(_listed)] = (0.98,)
    """The probability that a gate stays open, or a list of them that is cycled."""
    max_window: Count | None = None
    """The longest window that memory is to bear; every cut is counted and reported. Null: no bound."""

    def windows(self, length: int, random: Random) -> Iterator[Window]:
        """Draw the gates of one pass over a lane, and cut it where they are 0."""
        return self.cut(self._draw(length, random), length)

    def gates(self, length: int, random: Random) -> list[float]:
        """A draw for each position."""
        return list(self._draw(length, random))

    def _draw(self, length: int, random: Random) -> Iterator[float]:
        for step in range(length):
            pi = self.pi[step % len(self.pi)]
            yield 1 / pi if random.random() < pi else 0.0

    def cut(self, xi: Iterable[float], length: int) -> Iterator[Window]:
        """The windows of a lane of `length` steps with the given ξ_0 … ξ_{length−1}; ξ_0 has no effect."""
        divisor = self.divisor(length)
        bound = self.max_window or length
        start, inside = 0, list[float]()
        for step, gate in enumerate(xi):
            bounded = gate != 0 and len(inside) == bound
            if inside and (gate == 0 or bounded):
                yield self._window(start, inside, divisor, bounded)
                start, inside = step, []
            inside.append(gate)
        if inside:
            yield self._window(start, inside, divisor, bounded=False)

    def _window(self, start: int, xi: list[float], divisor: float, bounded: bool) -> Window:
        length = len(xi)
        return Window(start, length, divisor, length, tuple(xi), resets=start == 0, bounded=bounded)

    def divisor(self, length: int) -> float:
        """The constant c = 1/(1 − mean π); where every π is 1, the number of losses that a whole window counts."""
        mean = sum(self.pi) / len(self.pi)
        return 1 / (1 - mean) if mean < 1 else float(min(length, self.max_window or length))

    def shortest_lane(self) -> int:
        """A single step: windows have no fixed length."""
        return 1

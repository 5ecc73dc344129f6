"""Full back-propagation through time: gradients flow back to the beginning of the sequence.

    ∂h_t/∂w_h = ∂f(x_t, h_{t−1}, w_h)/∂w_h + Σ_{i<t} (Π_{j=i+1..t} ∂h_j/∂h_{j−1}) ∂f(x_i, h_{i−1}, w_h)/∂w_h

Source: Werbos, "Backpropagation through time: what it does and how to do it", 1990.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from charnn.bptt.plan import Window
from charnn.bptt.strategies import Strategy
from charnn.configuration.types import Count


class Full(Strategy):
    """One window a sequence; the state resets at its start.

    A lane is one sequence, or is cut into independent sequences of `sequence` steps; the last of them
    may be shorter.
    """

    of_lanes = ("sequence",)

    sequence: Count | None = None
    """The length of the independent sequences that a lane is cut into; null: a lane is one."""

    def windows(self, length: int, random: Random) -> Iterator[Window]:
        """One window for each sequence."""
        whole = self.sequence or length
        for start in range(0, length, whole):
            steps = min(whole, length - start)
            yield Window(start, steps, divisor=whole, save_at=steps, resets=True)

    def gates(self, length: int, random: Random) -> None:
        """No gate: gradients flow back to the beginning of the row."""

    def shortest_lane(self) -> int:
        """One whole sequence."""
        return self.sequence or 1

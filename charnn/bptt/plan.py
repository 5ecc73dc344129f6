"""A strategy is a plan: an iterator of windows, made of integers and floats, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of every lane that one parameter update sees.

    Attributes:
        start: the first step, counted from the beginning of the lane.
        length: T, the number of steps.
        divisor: what the summed losses of one lane are divided by; the same for every window of a plan.
        xi: ξ of each step, or None where all are 1. The first one guards the state that is carried in.
        count_from: the first step (within the window) whose loss counts.
        save_at: the state after this many steps of the window is the one that the next window starts from.
        resets: whether the window starts from the zero state.
        bounded: whether a bound on memory ended the window where the strategy alone would not have.
    """

    start: int
    length: int
    divisor: float
    save_at: int
    xi: Sequence[float] | None = None
    count_from: int = 0
    resets: bool = False
    bounded: bool = False

    @property
    def stop(self) -> int:
        """The first step after the window."""
        return self.start + self.length

    @property
    def counted(self) -> int:
        """How many losses of one lane count."""
        return self.length - self.count_from

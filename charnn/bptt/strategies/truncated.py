"""Truncated back-propagation through time: the state is carried on, gradients are cut every τ steps.

With a `stride` < τ, windows end at e = stride, 2·stride, …; each rereads [max(0, e − τ), e) from the state
that was saved there, and only its last `stride` losses count.

Sources: Jaeger, "A tutorial on training recurrent neural networks", 2002 (regular truncation);
Williams & Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
trajectories", 1990 (BPTT(h; h′), of which τ = h and stride = h′).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Literal, Self

from pydantic import model_validator

from charnn.bptt.plan import Window
from charnn.bptt.strategies import Strategy
from charnn.configuration.types import Count


class Truncated(Strategy):
    """Windows of `tau` steps, one every `stride` steps.

    `tail` says what becomes of the steps after the last whole stride: `keep` makes a shorter window of
    them, `drop` leaves them out, and `classic` also leaves out a window that ends with the very last
    step, as the classic NumPy program does (it starts over when position + τ + 1 ≥ length of the text).
    """

    of_lanes = ("stride", "tail")
    counts_from_the_end = True

    tau: Count = 64
    """τ, the steps that gradients flow back."""
    stride: Count | None = None
    """A window ends every so many steps, and rereads τ; null: every τ."""
    tail: Literal["keep", "drop", "classic"] = "keep"
    """What becomes of the steps after the last whole stride: `keep`, `drop`, or `classic`."""

    @model_validator(mode="after")
    def _stride_within_tau(self) -> Self:
        if self.stride is not None and self.stride > self.tau:
            raise ValueError(f"`stride` must not exceed `tau`: {self.stride} > {self.tau} would skip losses")
        return self

    def windows(self, length: int, random: Random) -> Iterator[Window]:
        """One window for each stride."""
        stride = self.stride or self.tau
        begin = 0
        for place, end in enumerate(self._ends(length, stride)):
            # A last window that the lane cuts short begins where it would have begun whole.
            following = min(end, max(0, (place + 2) * stride - self.tau))
            yield Window(
                start=begin,
                length=end - begin,
                divisor=stride,
                save_at=following - begin,
                count_from=place * stride - begin,
                resets=begin == 0,
            )
            begin = following

    def gates(self, length: int, random: Random) -> list[float]:
        """0 at every τ-th position."""
        return [0.0 if position and position % self.tau == 0 else 1.0 for position in range(length)]

    def _ends(self, length: int, stride: int) -> Iterator[int]:
        last = length - 1 if self.tail == "classic" else length
        yield from range(stride, last + 1, stride)
        if self.tail == "keep" and length % stride:
            yield length

    def shortest_lane(self) -> int:
        """One whole window (and one step more where the classic rule needs it)."""
        return self.tau + (self.tail == "classic")

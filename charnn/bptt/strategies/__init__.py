"""Truncation strategies: one file a strategy, a class with its keys. No torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from random import Random

from charnn.bptt.plan import Window
from charnn.configuration.families import Family
from charnn.configuration.types import Part


class Strategy(Part):
    """The keys of a strategy, and the windows that they lay over a lane."""

    @abstractmethod
    def windows(self, length: int, random: Random) -> Iterator[Window]:
        """The windows of one pass over a lane of `length` steps, in reading order.

        Every loss counts at most once; which are left out is the strategy's to say. Only randomised strategies draw
        from `random`.
        """

    @abstractmethod
    def shortest_lane(self) -> int:
        """How many steps a lane needs at least."""


STRATEGIES = Family("strategy", Strategy)

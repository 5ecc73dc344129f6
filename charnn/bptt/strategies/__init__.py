"""Truncation strategies: one file a strategy, a class with its keys. No torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from random import Random
from typing import ClassVar

from charnn.bptt.plan import Window
from charnn.configuration.families import Family
from charnn.configuration.types import Part


class Strategy(Part):
    """The keys of a strategy, the windows that they lay over a lane, and the gates that they set in a row.

    Attributes:
        of_lanes: its keys that have a meaning for the lanes of a running text alone.
        counts_from_the_end: whether its gates are counted back from the end of a row whose only loss stands there.
    """

    of_lanes: ClassVar[tuple[str, ...]] = ()
    counts_from_the_end: ClassVar[bool] = False

    @abstractmethod
    def windows(self, length: int, random: Random) -> Iterator[Window]:
        """The windows of one pass over a lane of `length` steps, in reading order.

        Every loss counts at most once; which are left out is the strategy's to say. Only randomised strategies draw
        from `random`.
        """

    @abstractmethod
    def gates(self, length: int, random: Random) -> Sequence[float] | None:
        """ξ of each position of a row of an example, from 0 on; None where all are 1.

        Args:
            length: how many positions there are.
            random: what a randomised strategy draws from.
        """

    @abstractmethod
    def shortest_lane(self) -> int:
        """How many steps a lane needs at least."""


STRATEGIES = Family("strategy", Strategy)

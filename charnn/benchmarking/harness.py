"""The harness: contenders are timed in one process, in turn, as medians with their spread.

Machines are shared and noisy. A ratio is therefore taken round by round, between runs that are next to each other in
time, and the median of these ratios is what a table shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Contender:
    """Something that is timed.

    Attributes:
        name: what the table calls it.
        run: one unit of its work; on a device it returns when the device is done.
        characters: how many characters that work covers.
    """

    name: str
    run: Callable[[], object]
    characters: int


@dataclass(frozen=True)
class Timing:
    """The seconds that one contender took, round by round."""

    name: str
    characters: int
    seconds: tuple[float, ...]

    def row(self) -> dict[str, Any]:
        """The numbers of a table: medians, and the quartiles as spread."""
        low, middle, high = quartiles(self.seconds)
        return {
            "subject": self.name,
            "characters_per_second": self.characters / middle,
            "milliseconds": middle * 1e3,
            "milliseconds_quartiles": [low * 1e3, high * 1e3],
        }

    def ratio_to(self, base: Timing) -> tuple[float, float, float]:
        """How many times as fast as `base`: quartiles of the ratios within each round."""
        return quartiles(
            [
                (self.characters / own) / (base.characters / other)
                for own, other in zip(self.seconds, base.seconds, strict=True)
            ]
        )


def measure(contenders: Sequence[Contender], rounds: int, *, warm_up: int = 1, stretch: float = 0.0) -> list[Timing]:
    """Run all contenders in turn, round after round.

    Args:
        contenders: what is timed.
        rounds: how many rounds count.
        warm_up: how many rounds come before these, and do not count.
        stretch: how many seconds, about, a contender runs in a round: it is run that often, at least once.
    """
    seconds: list[list[float]] = [[] for _ in contenders]
    repeats = [1] * len(contenders)
    for number in range(warm_up + rounds):
        for place, contender in enumerate(contenders):
            begin = time.perf_counter()
            for _ in range(repeats[place]):
                contender.run()
            elapsed = (time.perf_counter() - begin) / repeats[place]
            if number >= warm_up:
                seconds[place].append(elapsed)
            elif stretch:  # the first run also compiles, and makes what is kept
                begin = time.perf_counter()
                contender.run()
                repeats[place] = max(1, round(stretch / (time.perf_counter() - begin)))
    return [
        Timing(contender.name, contender.characters, tuple(taken))
        for contender, taken in zip(contenders, seconds, strict=True)
    ]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return median(ordered[: half + 1]), median(ordered), median(ordered[-half - 1 :])

"""The harness: two or more subjects in one process, interleaved, as medians with their spread.

Machines are shared and noisy. A ratio is therefore taken round by round, between runs that lie next to
each other in time, and the median of these ratios is what a table shows.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Subject:
    """Something to be timed.

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
    """The seconds that one subject took, round by round."""

    name: str
    characters: int
    seconds: tuple[float, ...]

    def row(self) -> dict[str, Any]:
        """The figures of a table: medians, and the quartiles as spread."""
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


def measure(subjects: Sequence[Subject], rounds: int, *, warm_up: int = 1) -> list[Timing]:
    """Run all subjects in turn, round after round.

    Args:
        rounds: how many rounds count.
        warm_up: how many rounds come before them and do not.
    """
    seconds: list[list[float]] = [[] for _ in subjects]
    for number in range(warm_up + rounds):
        for subject, taken in zip(subjects, seconds, strict=True):
            begin = time.perf_counter()
            subject.run()
            elapsed = time.perf_counter() - begin
            if number >= warm_up:
                taken.append(elapsed)
    return [
        Timing(subject.name, subject.characters, tuple(taken)) for subject, taken in zip(subjects, seconds, strict=True)
    ]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return median(ordered[: half + 1]), median(ordered), median(ordered[-half - 1 :])


@dataclass(frozen=True)
class Machine:
    """What a figure was measured on."""

    processor: str
    threads: int
    torch: str
    python: str
    system: str

    def document(self) -> dict[str, Any]:
        """The machine as plain values."""
        return asdict(self)


def this_machine() -> Machine:
    """The machine that this process runs on."""
    import torch

    return Machine(
        processor=_processor(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
    )


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

"""The harness: two or more subjects in one process, interleaved, as medians with their spread.

Machines are shared and noisy. A ratio is therefore taken round by round, between runs that lie next to
each other in time, and the median of these ratios is what a table shows.
"""

from __future__ import annotations

import ctypes
import gc
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


def peak_memory(run: Callable[[], object]) -> int | None:
    """The most bytes that this process holds while `run` runs, beside what it held before; None where none can tell."""
    reset, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    try:
        release_memory()
        # 5 resets the highest resident size, VmHWM (proc(5)).
        reset.write_text("5")
        before = _kilobytes(status, "VmRSS")
        run()
        return max(0, _kilobytes(status, "VmHWM") - before) * 1024
    except OSError:
        return None


def release_memory() -> None:
    """Give back to the system what was freed, so that it is not taken for memory that nothing needs."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _kilobytes(status: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(f"{name}:"))


@dataclass(frozen=True)
class Machine:
    """What a figure was measured on."""

    processor: str
    threads: int
    torch: str
    kernels: str
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
        kernels=_kernels(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
    )


def _kernels() -> str:
    from charnn.kernels.library import kernels, why_none

    return why_none() or kernels().variant


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

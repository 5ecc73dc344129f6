"""Peaks of memory."""

from __future__ import annotations

import ctypes
import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path


def peak_memory(run: Callable[[], object]) -> int | None:
    """The most bytes that this process holds while `run` runs, less what it held before; None where it is unknown."""
    reset, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    try:
        _release_memory()
        # 5 resets the highest resident size, VmHWM (proc(5)).
        reset.write_text("5")
        before = _kilobytes(status, "VmRSS")
        run()
        return max(0, _kilobytes(status, "VmHWM") - before) * 1024
    except OSError:
        return None


def peak_allocation(run: Callable[[], object]) -> int:
    """The most bytes that Python and NumPy allocate at a time while `run` runs."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _release_memory() -> None:
    """Give freed memory back to the system, so that a run which takes it again is seen to need it."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _kilobytes(status: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(f"{name}:"))

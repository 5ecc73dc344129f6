"""How many threads a kernel runs on."""

from __future__ import annotations

import os
import sys

# Below this many multiplications waking another thread takes longer than the work.
_WORTH_A_THREAD = 1 << 20


def threads_for(multiplications: int) -> int:
    """How many threads a product of so many multiplications is worth."""
    return threads() if multiplications >= _WORTH_A_THREAD else 1


def threads() -> int:
    """As many as torch uses, where it is loaded; else as OpenMP would: `OMP_NUM_THREADS`, or one for each processor."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return int(torch.get_num_threads())
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    return processors()


def processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
    return len(affinity(0)) if affinity else os.cpu_count() or 1

"""Peaks of memory, on work whose size is known."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.benchmarking.memory import peak_allocation, peak_memory

MIB = 1 << 20
SIZE = 64 * MIB


def _use(size: int) -> int:
    return len(np.ones(size, dtype=np.uint8))


def test_what_is_held_at_once_counts_and_what_was_held_before_does_not() -> None:
    if peak_memory(lambda: None) is None:
        pytest.skip("this system does not tell a process its peak of memory")
    held = np.ones(SIZE, dtype=np.uint8)

    def one_after_the_other() -> None:
        _use(SIZE)
        _use(SIZE)

    peak = peak_memory(one_after_the_other)
    assert peak is not None
    assert abs(peak - SIZE) < 8 * MIB
    assert held.any()


def test_a_peak_of_allocations_is_the_most_at_a_time() -> None:
    assert abs(peak_allocation(lambda: (_use(SIZE), _use(SIZE))) - SIZE) < MIB


def test_a_failure_while_it_watches_leaves_no_tracing_behind() -> None:
    with pytest.raises(ZeroDivisionError):
        peak_allocation(lambda: 1 // 0)
    assert peak_allocation(lambda: None) < MIB

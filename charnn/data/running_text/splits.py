"""Contiguous splits of a text: train, then validation, then test."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

PARTS = ("train", "validation", "test")


def split_ranges(length: int, shares: Sequence[float]) -> dict[str, range]:
    """Cut `length` units at the running sums of `shares`, rounded down; nothing is lost or read twice.

    Args:
        shares: one to three shares that add up to 1; parts that are not asked for are empty.
    """
    # A share such as 0.1 is stored as a little less or more: half a unit in 10^9 is no unit.
    cuts = [0, *(int(length * total + 1e-9 * length) for total in accumulate(shares))]
    cuts = [*(min(cut, length) for cut in cuts[:-1]), length]
    return {
        part: range(cuts[index], cuts[index + 1]) if index < len(shares) else range(length, length)
        for index, part in enumerate(PARTS)
    }

"""Contiguous parts of a text: train, then validation, then test."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

PARTS = ("train", "validation", "test")


def split_ranges(length: int, shares: Sequence[float]) -> dict[str, range]:
    """The range of each part of `length` units, cut at the running sums of `shares`, rounded down.

    Every unit is in exactly one part.

    Args:
        shares: one to three shares that add up to 1; parts without a share are empty.
    """
    # A float such as 0.1 is a little less or more than the share it is written for: allow for 1 unit in 10^9.
    cuts = [0, *(int(length * total + 1e-9 * length) for total in accumulate(shares))]
    cuts = [*(min(cut, length) for cut in cuts[:-1]), length]
    return {
        part: range(cuts[index], cuts[index + 1]) if index < len(shares) else range(length, length)
        for index, part in enumerate(PARTS)
    }

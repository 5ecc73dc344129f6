"""Shares of right answers, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_STANDARD_ERRORS = 1.96


@dataclass(frozen=True)
class Share:
    """How many answers are right, for one kind of sentence.

    Attributes:
        kind: what tables call the kind.
        right: how many answers are right.
        sentences: how many sentences there are.
    """

    kind: str
    right: int
    sentences: int

    @property
    def share(self) -> float | None:
        """Right answers per sentence; None where there are no sentences."""
        return self.right / self.sentences if self.sentences else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share (Wilson, 1927), which has a width also where all answers are right."""
        if not self.sentences:
            return None
        n, p, z = self.sentences, self.right / self.sentences, _STANDARD_ERRORS
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)

    def document(self) -> dict[str, Any]:
        """The share as plain values."""
        return {"sentences": self.sentences, "right": self.right, "share": self.share, "interval": self.interval}


def mean_and_spread(shares: Sequence[Share]) -> tuple[float, float, float] | None:
    """The mean share of runs that repeat one another, with the lowest and the highest; of a single run, its interval.

    None where there are no sentences of the kind.
    """
    known = [share.share for share in shares if share.share is not None]
    if not known:
        return None
    interval = shares[0].interval if len(shares) == 1 else None
    return sum(known) / len(known), *(interval or (min(known), max(known)))

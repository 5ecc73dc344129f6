"""What a strategy's gradient of a text is worth next to the full gradient."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

TRUSTED_ERROR = 0.1
_COUNTABLE = 1e9


@dataclass(frozen=True)
class Estimate:
    """A strategy's gradient ĝ next to the full gradient g.

    Attributes:
        strategy: its name.
        how: `exact` (it has one gradient), `enumerated` (all patterns of gates) or `drawn`.
        count: of the patterns or draws.
        bias: ‖E ĝ − g‖/‖g‖; where drawn, that of the mean of the draws, and None where that mean tells nothing.
        cosine: of the angle between E ĝ and g, likewise.
        spread: √E‖ĝ − E ĝ‖²/‖g‖ of one draw. It is exact, except where `max_window` can end a window of a text that
            was not enumerated: there it is that of the draws.
        standard_error: the bias that the mean of `count` draws has by chance alone; 0 where nothing was drawn.
        trusted: whether that many draws tell the mean: the standard error is small, and where the spread is itself
            that of the draws, no single draw dominates it.
        draw_cosines: the quartiles over single draws of the cosine with g.
        draw_errors: the quartiles over single draws of ‖ĝ − g‖/‖g‖.
        largest_share: the share of the farthest draw in the sum of all ‖ĝ − g‖².
        decay: ρ, the rate per step of ‖u_{t−k,t}‖.
        growth: ρ²/π, the rate at which the second moment grows with the lag.
        max_window: the lag at which it stops growing, if any.
    """

    strategy: str
    how: str
    count: int
    bias: float | None
    cosine: float | None
    spread: float
    standard_error: float
    trusted: bool
    draw_cosines: tuple[float, ...] | None
    draw_errors: tuple[float, ...] | None
    largest_share: float | None = None
    decay: float | None = None
    growth: float | None = None
    max_window: int | None = None

    @classmethod
    def exact(cls, strategy: str, error: float, cosine: float) -> Estimate:
        """That of a strategy with one gradient."""
        return cls(strategy, "exact", 1, error, cosine, 0.0, 0.0, True, None, None)

    @property
    def draws_needed(self) -> int | None:
        """How many draws would tell the mean; None where they are too many to count."""
        return math.ceil((self.spread / TRUSTED_ERROR) ** 2) if self.spread < _COUNTABLE else None

    def document(self) -> dict[str, Any]:
        """The estimate as plain values, without infinities."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in {**asdict(self), "draws_needed": self.draws_needed}.items()
        }

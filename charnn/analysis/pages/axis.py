"""The axes of charts: where numbers lie, and round numbers along them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_TICKS = 5


@dataclass(frozen=True)
class Axis:
    """An axis from its low end, 0, to its high end, 1."""

    low: float
    high: float
    logarithmic: bool

    def share(self, value: float) -> float:
        """How far a value lies from the low end to the high end; infinite values lie at the ends."""
        if math.isinf(value):
            return float(value > 0)
        convert: Callable[[float], float] = math.log if self.logarithmic else float
        low, high = convert(self.low), convert(self.high)
        return (convert(value) - low) / (high - low) if high > low else 0.5

    def ticks(self) -> list[float]:
        """Round numbers along the axis."""
        if self.logarithmic:
            return self._logarithmic_ticks()
        step = _round_step((self.high - self.low) / _TICKS)
        return [step * count for count in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]

    def _logarithmic_ticks(self) -> list[float]:
        """Powers of ten, a few of them where there are many; with 2 and 5 times these where there is at most one."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        candidates = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
        inside = [tick for tick in candidates if self.low <= tick <= self.high]
        powers = [tick for tick in inside if math.isclose(math.log10(tick) % 1, 0, abs_tol=1e-9)]
        if len(powers) > _TICKS:
            return _thinned(powers, _TICKS)
        return powers if len(powers) > 1 else inside


def padded_axis(low: float, high: float, logarithmic: bool) -> Axis:
    """An axis on which the lowest and the highest value have a little room; it begins at 0 where that is the lowest."""
    if logarithmic:
        return Axis(low / 1.15, high * 1.15, logarithmic=True)
    room = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
    return Axis(low - room if low != 0 else 0.0, high + room, logarithmic=False)


def _round_step(step: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is not smaller."""
    if step <= 0:
        return 1.0
    decade = 10.0 ** math.floor(math.log10(step))
    return next(digit * decade for digit in (1, 2, 5, 10) if digit * decade >= step * (1 - 1e-9))


def _thinned(values: Sequence[float], most: int) -> list[float]:
    return list(values[:: math.ceil(len(values) / most)])

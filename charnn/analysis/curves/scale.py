"""Which scale the axis of a curve needs, whatever draws it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

# Beyond this ratio of the highest to the median value a linear axis would show nothing but the highest.
_EXPLODED = 20.0


def is_exploded(values: Sequence[float]) -> bool:
    """Whether the highest value would flatten all others on a linear axis, and a logarithmic one can show them."""
    return bool(values) and min(values) > 0 and max(values) > _EXPLODED * median(values)

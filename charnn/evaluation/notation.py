"""Numbers that may be infinite, or too small for a float, as results show them. No torch."""

from __future__ import annotations

import math

_LONGEST = 1e9


def finite(value: float) -> float | None:
    """The number for JSON, which cannot hold infinity: None in its place."""
    return value if math.isfinite(value) else None


def shown(value: float) -> str:
    """The number for people: four decimals, or, where these would be noise, four digits and a power of ten."""
    if not math.isfinite(value):
        return "∞"
    return f"{value:.4f}" if value < _LONGEST else f"{value:.3e}"


def shown_power(exponent: float) -> str:
    """10 to the power of `exponent` for a table, however small it is."""
    if not math.isfinite(exponent):
        return "0"
    if exponent > -300:
        return f"{10**exponent:.3g}"
    whole = math.floor(exponent)
    return f"{10 ** (exponent - whole):.2f}e{whole}"

"""The colours of a signal's values: −1 is the strongest blue, 0 no colour, 1 the strongest red.

On a page the colours are transparent, so that they tint light and dark pages alike, and never so strong that the text
on them cannot be read.
"""

from __future__ import annotations

LEVELS = 10
_BLUE, _RED = (33, 102, 172), (214, 56, 30)
_STRONGEST = 0.65


def level_of(share: float) -> int:
    """The nearest of the levels from −10 to 10 for a value from −1 to 1."""
    return round(share * LEVELS)


def on_white(level: int) -> tuple[int, int, int]:
    """The red, green and blue, up to 255, of a level's colour on white paper."""
    strength = _STRONGEST * abs(level) / LEVELS
    red, green, blue = (round(255 + (part - 255) * strength) for part in (_RED if level > 0 else _BLUE))
    return red, green, blue


def class_of(level: int) -> str | None:
    """The class that elements of a level's colour have in a page; 0 has none."""
    return f"{'r' if level > 0 else 'b'}{abs(level)}" if level else None


def style() -> str:
    """The rules of style for these classes."""
    return "".join(
        f".{class_of(level)} {{ background: rgb({' '.join(map(str, _RED if level > 0 else _BLUE))} / "
        f"{_STRONGEST * abs(level) / LEVELS:.3f}); }}\n"
        for level in range(-LEVELS, LEVELS + 1)
        if level
    )

"""The colours of values."""

from __future__ import annotations

import pytest

from charnn.analysis.units.colours import LEVELS, level_of, on_white


@pytest.mark.parametrize("share", [-1, 1])
@pytest.mark.parametrize("paper", [255, 21])
def test_text_can_be_read_on_the_strongest_colour(share: int, paper: int) -> None:
    """WCAG 2.1 asks for a contrast of 4.5: dark ink on the tinted light paper, light ink on the tinted dark one."""
    white = on_white(level_of(share))
    hue = [255 - (255 - part) / 0.65 for part in white]
    tinted = [paper + (part - paper) * 0.65 for part in hue]
    ink = (27, 29, 33) if paper == 255 else (233, 235, 238)
    brighter, darker = sorted((luminance(tinted), luminance(ink)), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5
    assert level_of(share) == share * LEVELS


def luminance(colour: list[float] | tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

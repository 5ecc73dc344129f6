"""Curves as lines of blocks."""

from __future__ import annotations

import warnings

from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.curves.sparkline import BLOCKS, sparklines


def test_lines_of_blocks() -> None:
    line, short = sparklines([([1, 2, 3, 4], [0, 7, 7, 0]), ([3], [3.5])], 4, (1, 4))
    assert (line, short) == ("▁██▁", "  ▅ ")
    assert sparklines([([0, 10], [0, 7])], 8, (0, 10)) == ["▁▂▃▄▅▆▇█"]  # a straight line between two points
    assert sparklines([([0, 10], [1, 10**7])], 8, (0, 10), log=True) == ["▁▂▃▄▅▆▇█"]
    assert sparklines([([], []), ([1, 2], [5, 5])], 3, (1, 2)) == ["   ", "▁▁▁"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 40))
def test_a_line_has_its_width_and_reaches_from_bottom_to_top(values: list[float], width: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (line,) = sparklines([(list(range(len(values))), values)], width, (0, len(values) - 1))
    assert len(line) == width
    assert set(line) <= {*BLOCKS, " "}
    if width >= len(values) > 1 and min(values) < max(values):
        assert {"▁", "█"} <= set(line)

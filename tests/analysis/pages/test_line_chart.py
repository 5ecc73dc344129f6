"""Charts as SVG: where points lie, and that no peak is lost."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.pages.line_chart import Line, chart

finite = st.floats(-1e6, 1e6)


def points(markup: str) -> list[list[tuple[float, float]]]:
    """The points of each line of a chart."""
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in found.split())]
        for found in re.findall(r'points="([^"]*)"', markup)
    ]


@given(st.lists(finite, min_size=2, max_size=50), st.booleans())
def test_every_point_lies_within_the_picture(values: list[float], from_zero: bool) -> None:
    markup = chart("t", [Line("a", range(len(values)), values)], "steps", from_zero=from_zero and min(values) >= 0)
    (line,) = points(markup)
    assert all(0 <= x <= 360 and 0 <= y <= 200 for x, y in line)
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    # Up on the page is more.
    heights = [y for _, y in sorted(zip(values, (y for _, y in line), strict=True), key=lambda pair: pair[0])]
    assert heights == sorted(heights, reverse=True)


def test_a_logarithmic_axis_has_equal_ratios_at_equal_distances() -> None:
    (line,) = points(chart("t", [Line("a", [0, 1, 2], [0.01, 0.1, 1.0])], "steps", logarithmic=True))
    assert line[0][1] - line[1][1] == pytest.approx(line[1][1] - line[2][1], abs=0.11)


def test_one_exploded_value_does_not_flatten_the_others() -> None:
    values = [1.0] * 20 + [1e9]
    (line,) = points(chart("t", [Line("a", range(21), values)], "steps"))
    assert math.isclose(line[0][1], 200 - 22, abs_tol=3)
    (mild,) = points(chart("t", [Line("a", range(3), [1.0, 2.0, 3.0])], "steps"))
    assert mild[1][1] == pytest.approx((mild[0][1] + mild[2][1]) / 2, abs=0.11)


def test_many_points_become_few_and_keep_their_peaks() -> None:
    values = [1.0 + 0.001 * (i % 7) for i in range(100_000)]
    values[77_777], values[12_345] = 3.0, 0.5
    markup = chart("t", [Line("a", range(len(values)), values)], "steps")
    (line,) = points(markup)
    assert len(markup) < 10_000
    heights = sorted(y for _, y in line)
    assert heights[0] < heights[1] - 50
    assert heights[-1] > heights[-2] + 20


def test_one_point_is_a_dot_and_lines_without_points_are_left_out() -> None:
    markup = chart("t", [Line("a", [3], [0.5]), Line("b", [], [])], "steps")
    assert "<circle" in markup
    assert "b</span>" not in markup


def test_words_say_what_is_drawn() -> None:
    markup = chart("Loss", [Line("<a>", [0, 1, 2], [3.5, 1.25, 2.0]), Line("limit", [0, 2], [1, 1])], "steps")
    words = "Loss over steps: &lt;a&gt; from 3.5 to 2, lowest 1.25, highest 3.5; limit 1."
    assert f'aria-label="{words}"' in markup
    assert "<a>" not in markup

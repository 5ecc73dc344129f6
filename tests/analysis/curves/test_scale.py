"""When an axis becomes logarithmic."""

from __future__ import annotations

import pytest

from charnn.analysis.curves.scale import is_exploded


@pytest.mark.parametrize(
    ("values", "exploded"),
    [
        ([], False),
        ([3.0], False),
        ([1.0, 1.0, 20.0], False),
        ([1.0, 1.0, 20.1], True),
        ([1.0, 3.0, 41.0, 2.0], False),  # the median lies between 2 and 3
        ([1.0, 3.0, 51.0, 2.0], True),
        ([0.0, 1.0, 1e9], False),  # 0 has no logarithm
        ([-1.0, 1.0, 1e9], False),
    ],
)
def test_it_does_where_one_value_would_flatten_all_others(values: list[float], exploded: bool) -> None:
    assert is_exploded(values) == exploded

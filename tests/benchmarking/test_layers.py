"""The contenders read the same input, and both are timed."""

from __future__ import annotations

import pytest

from charnn.benchmarking.layers import PAIRS, time_layers
from charnn.benchmarking.train import Shape
from charnn.errors import UsageError


@pytest.mark.parametrize("cell", PAIRS)
def test_every_contender_is_timed(cell: str) -> None:
    rows = time_layers(cell, [Shape(4, 2, 3), Shape(8, 1, 2)], rounds=1)
    assert [row["shape"] for row in rows[:: len(rows) // 2]] == ["4×2×3", "8×1×2"]
    assert all(row["milliseconds"] > 0 for row in rows)
    if PAIRS[cell][1] is not None:
        assert [row["subject"].partition(".")[0] for row in rows] == ["torch", "charnn"] * 2
        assert rows[0]["ratio_to_torch_nn"] == (1, 1, 1)


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean `gru`"):
        time_layers("gr", [Shape(4, 2, 3)], rounds=1)

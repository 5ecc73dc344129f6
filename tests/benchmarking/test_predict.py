"""The contenders answer the same number of texts."""

from __future__ import annotations

import pytest

from charnn.benchmarking.predict import time_predicting


@pytest.mark.parametrize(("cell", "subjects"), [("lstm", 2), ("gru", 1), ("simple-gru", 1)])
def test_every_contender_is_timed(cell: str, subjects: int) -> None:
    rows = time_predicting(cell, hidden=8, texts=30, rounds=1)
    assert len(rows) >= subjects
    assert all(row["characters_per_second"] > 0 for row in rows)
    assert all(row["texts"] == 30 for row in rows)
    if len(rows) == 2:
        assert rows[0]["ratio_to_torch_nn"] == (1, 1, 1)

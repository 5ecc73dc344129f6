"""Lanes: every step of a text but a remainder is read once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.running_text.lanes import Lanes


@given(length=st.integers(2, 300), count=st.integers(1, 20))
def test_lanes_cover_the_text_but_a_remainder(length: int, count: int) -> None:
    ids = np.arange(length, dtype=np.uint16)
    lanes = Lanes(ids, count)
    assert lanes.length == (length - 1) // count
    inputs, targets = lanes.window(0, lanes.length)
    assert inputs.T.flatten().tolist() == list(range(lanes.length * count))
    assert (targets == inputs + 1).all()
    assert length - 1 - inputs.size < count


@given(length=st.integers(20, 300), count=st.integers(1, 4), data=st.data())
def test_a_window_is_a_part_of_every_lane(length: int, count: int, data: st.DataObject) -> None:
    lanes = Lanes(np.arange(length, dtype=np.uint16), count)
    start = data.draw(st.integers(0, lanes.length - 1))
    steps = data.draw(st.integers(1, lanes.length - start))
    whole, _ = lanes.window(0, lanes.length)
    assert (lanes.window(start, steps)[0] == whole[start : start + steps]).all()


def test_a_process_reads_its_own_lanes_only() -> None:
    ids = np.arange(31, dtype=np.uint16)
    inputs, targets = Lanes(ids, 3).window(2, 4)
    own = Lanes(ids, 3, range(1, 3))
    assert (own.width, own.length) == (2, 10)
    np.testing.assert_array_equal(own.window(2, 4)[0], inputs[:, 1:])
    np.testing.assert_array_equal(own.window(2, 4)[1], targets[:, 1:])

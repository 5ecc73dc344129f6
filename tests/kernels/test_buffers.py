"""Buffers come back, and are never lent twice."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from charnn.kernels import buffers
from charnn.kernels.buffers import empty


@pytest.fixture(autouse=True)
def nothing_free() -> None:
    buffers._free.clear()


LARGE = (300, 300)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_buffer_comes_back_when_its_last_tensor_goes(dtype: torch.dtype) -> None:
    like = torch.zeros(1, dtype=dtype)
    first = empty(LARGE, like)
    assert (first.shape, first.dtype, first.data_ptr() % 64) == (LARGE, dtype, 0)
    address, part = first.data_ptr(), first[1:2]
    del first
    assert not buffers._free, "a part of it is still there"
    del part
    assert len(buffers._free) == 1
    assert empty((299, 300), like).data_ptr() == address


def test_what_does_not_fit_makes_room() -> None:
    like = torch.zeros(1)
    empty(LARGE, like)
    assert len(buffers._free) == 1
    larger = empty((600, 600), like)
    assert not buffers._free
    assert larger.fill_(3).sum() == 3 * 360_000


def test_small_tensors_are_torch_s_own() -> None:
    empty((10, 10), torch.zeros(1))
    assert not buffers._free


@given(sizes=st.lists(st.integers(256, 700), min_size=1, max_size=12), seed=st.integers(0, 100))
def test_no_two_living_tensors_share_memory(sizes: list[int], seed: int) -> None:
    living: list[torch.Tensor] = []
    for number, size in enumerate(sizes):
        living.append(empty((size, 300), torch.zeros(1)).fill_(number))
        if (seed + number) % 3 == 0:
            living.pop(seed % len(living))
        assert all(bool((tensor == tensor[0, 0]).all()) for tensor in living)
        assert len({float(tensor[0, 0]) for tensor in living}) == len(living)

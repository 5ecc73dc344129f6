"""Clipping by compiled code, against the same by torch."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from charnn.kernels import clipping
from charnn.kernels.clipping import clip, clip_by_torch


@pytest.mark.parametrize(("norm", "value"), [(2.0, math.inf), (math.inf, 0.5), (2.0, 0.5), (math.inf, math.inf)])
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=4), single=st.booleans(), seed=st.integers(0, 99))
def test_kernels_clip_as_torch_does(norm: float, value: float, lengths: list[int], single: bool, seed: int) -> None:
    """Arrays longer and shorter than a register, of both types."""
    generator, dtype = torch.Generator().manual_seed(seed), torch.float32 if single else torch.float64
    gradients = [torch.randn(length, generator=generator).to(dtype) for length in lengths]
    others = [gradient.clone() for gradient in gradients]
    before, changed = clip(gradients, norm, value)
    before_by_torch, changed_by_torch = clip_by_torch(others, norm, value)
    assert before == pytest.approx(before_by_torch, rel=1e-6)
    assert changed == changed_by_torch
    torch.testing.assert_close(gradients, others)


@pytest.mark.parametrize(
    "gradients",
    [
        [torch.arange(12.0).view(3, 4).t(), torch.ones(2)],
        [torch.ones(3), torch.ones(2, dtype=torch.float64)],
        [torch.ones(3, dtype=torch.bfloat16)],
    ],
)
def test_torch_clips_what_no_kernel_takes(gradients: list[Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of other types, of two types, or not dense."""
    called = []
    monkeypatch.setattr(clipping, "kernels", lambda: called.append(True))
    norm = math.sqrt(sum(float(gradient.double().square().sum()) for gradient in gradients))
    before, changed = clip(gradients, norm / 2, math.inf)
    assert not called
    assert (before, changed) == (pytest.approx(norm, rel=1e-2), True)
    after = math.sqrt(sum(float(gradient.double().square().sum()) for gradient in gradients))
    assert after == pytest.approx(norm / 2, rel=1e-2)

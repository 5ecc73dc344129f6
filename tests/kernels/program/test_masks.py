"""Masks: the same numbers as torch's and NumPy's generators draw."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from charnn.kernels.library import Kernel, kernels, precision_of
from charnn.kernels.program.masks import Masks

DTYPES = (torch.float32, torch.float64)


def drawn(masks: Masks, dtype: torch.dtype, of_lanes: int = 0, of_weights: tuple[int, ...] = (0, 0, 0)) -> None:
    masks.seed(of_lanes, of_weights)
    kernels().run(kernels().call(Kernel.NOISE, masks.arguments(), precision_of(dtype)))


@settings(max_examples=60)
@given(
    seed=st.integers(0, (1 << 62) - 1),
    counts=st.lists(st.integers(1, 1500), min_size=1, max_size=4),
    rate=st.floats(0.0, 0.99),
    dtype=st.sampled_from(DTYPES),
)
def test_masks_of_lanes_are_made_of_torch_s_numbers(
    seed: int, counts: list[int], rate: float, dtype: torch.dtype
) -> None:
    masks, generator = Masks(), torch.Generator().manual_seed(seed)
    made = [masks.of_lanes(torch.empty(count, dtype=dtype), rate) for count in counts]
    drawn(masks, dtype, of_lanes=seed)
    for mask in made:
        expected = torch.rand(mask.shape, generator=generator, dtype=dtype).ge_(rate).div_(1 - rate)
        assert torch.equal(mask, expected)


@settings(max_examples=60)
@given(
    entropy=st.tuples(st.integers(0, 1 << 40), st.integers(0, 1 << 40)),
    counts=st.lists(st.integers(1, 1500), min_size=1, max_size=4),
    rate=st.floats(0.0, 0.99),
    dtype=st.sampled_from(DTYPES),
)
def test_masks_of_weights_are_made_of_numpy_s_bits(
    entropy: tuple[int, int], counts: list[int], rate: float, dtype: torch.dtype
) -> None:
    masks, bits = Masks(), np.random.SFC64(list(entropy))
    made = [masks.of_weights(torch.empty(count, dtype=dtype), rate) for count in counts]
    words = np.random.SeedSequence(list(entropy)).generate_state(3, np.uint64).tolist()
    drawn(masks, dtype, of_weights=tuple(words))
    dropped = round(rate * 65536)
    for mask in made:
        raw = bits.random_raw(-(-len(mask) // 4)).view(np.uint16)[: len(mask)]
        kept = torch.from_numpy((raw >= dropped).astype(np.float64)).to(dtype)
        assert torch.equal(mask, kept.mul_(1 / (1 - dropped / 65536)))


def test_neither_generator_has_an_effect_on_the_other() -> None:
    def lanes(weights: int) -> Tensor:
        masks = Masks()
        if weights:
            masks.of_weights(torch.empty(weights), 0.5)
        mask = masks.of_lanes(torch.empty(100), 0.5)
        drawn(masks, torch.float32, of_lanes=3, of_weights=(1, 2, 3))
        return mask

    assert torch.equal(lanes(0), lanes(7))

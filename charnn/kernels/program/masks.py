"""The random numbers of a program: masks that are drawn anew before each run, as torch and NumPy draw them.

Masks of lanes are made of the numbers of torch's generator on a CPU, masks of weights of NumPy's SFC64, 16 bits each.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import c_int64

from torch import Tensor

from charnn.kernels.program.extents import Size, follow
from charnn.kernels.program.repeats import Places, places
from charnn.kernels.structures import MaskArguments, NoiseArguments

SIXTEEN_BITS = 1 << 16


class Masks:
    """Masks, drawn in the order in which they were asked for: numbers that are 0 with probability p, or 1 / (1 − p)."""

    def __init__(self) -> None:
        """There is none yet."""
        self._masks: list[tuple[MaskArguments, Size | None]] = []
        self._alive: list[Tensor] = []
        self._arguments = NoiseArguments()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._masks)

    def of_lanes(self, mask: Tensor, rate: float, count: Size | None = None) -> Tensor:
        """A mask from torch's numbers.

        Args:
            mask: where it is put, dense; it is returned.
            rate: p.
            count: how many of its numbers are drawn; None: all.
        """
        return self._add(mask, MaskArguments(0, mask.numel(), rate, mask.data_ptr()), count)

    def of_weights(self, mask: Tensor, rate: float) -> Tensor:
        """A mask from NumPy's numbers (see `of_lanes`); p is the rate to 16 bits."""
        to_bits = round(rate * SIXTEEN_BITS) / SIXTEEN_BITS
        return self._add(mask, MaskArguments(1, mask.numel(), to_bits, mask.data_ptr()), None)

    def arguments(self) -> NoiseArguments:
        """What the kernel takes; `seed` changes it."""
        count = len(self._masks)
        masks = (MaskArguments * count)(*(mask for mask, _ in self._masks))
        for mask, (_, size) in zip(masks, self._masks, strict=True):
            follow(mask, {} if size is None else {"count": size})
        self._arguments.count, self._arguments.masks = count, masks
        return self._arguments

    def seed(self, of_lanes: int, of_weights: Sequence[int]) -> None:
        """What the next run draws from.

        Args:
            of_lanes: what torch's generator is seeded with.
            of_weights: the three words that NumPy's SeedSequence gives.
        """
        self._arguments.seed = of_lanes
        self._arguments.words = (c_int64 * 3)(*of_weights)

    @property
    def seeds(self) -> list[Places]:
        """Where the numbers of `seed` lie; nowhere if there are no masks."""
        return [places(self._arguments, NoiseArguments.seed.offset, 4)] if self._masks else []

    def _add(self, mask: Tensor, arguments: MaskArguments, count: Size | None) -> Tensor:
        assert mask.is_contiguous()
        self._masks.append((arguments, count))
        self._alive.append(mask)
        return mask

"""What a program computes with."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from charnn.kernels.program.extents import Extent, Size


@dataclass(eq=False)
class Value:
    """Numbers that a program is given or computes.

    Attributes:
        numbers: where they lie, dense.
        gradient: where ∂L/∂ of them is put; None where it is not computed.
        reached: whether anything that was recorded so far puts a gradient there.
        extent: how many entries of the first axis are in use; None: all.
    """

    numbers: Tensor
    gradient: Tensor | None = None
    reached: bool = False
    extent: Extent | None = None

    @property
    def arrived(self) -> Tensor | None:
        """The gradient, or None where nothing reaches it."""
        return self.gradient if self.reached else None

    def count(self, of: int) -> Size:
        """How many vectors of so many numbers are in use."""
        whole = self.numbers.numel() // of
        return whole if self.extent is None else self.extent * (whole // self.extent.most)

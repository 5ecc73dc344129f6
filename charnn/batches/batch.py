"""What one parameter update sees.

T time steps · B lanes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """The symbols that are read, what is asked for, and how gradients flow.

    Attributes:
        inputs: the symbol that each step reads.
        targets: the symbol that is asked for after each step.
        losses: how many losses count, over all processes.
        divisor: what their sum is divided by.
        epoch: how many passes over the data are done when the batch begins.
        xi: ξ of each step, or None where all are 1. The first one guards the state that is carried in.
        count_from: the first step whose loss counts.
        save_at: the state after this many steps is the one that the next batch starts from.
        resets: whether the batch starts from the zero state.
        bounded: whether a bound on memory ended it where the truncation strategy alone would not have.
    """

    inputs: Int[Tensor, "T B"]
    targets: Int[Tensor, "T B"]
    losses: int
    divisor: float
    epoch: float
    save_at: int
    xi: Sequence[float] | None = None
    count_from: int = 0
    resets: bool = False
    bounded: bool = False

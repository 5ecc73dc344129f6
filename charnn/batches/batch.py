"""What one parameter update sees.

T time steps · B lanes, or rows · S steps of a source
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What every batch says of itself, whatever it holds.

    Attributes:
        lanes: how many lanes, or rows, it has over all processes.
        own: which of them this process reads.
        losses: how many losses count, over all processes.
        divisor: what their sum is divided by.
        epoch: how many passes over the data are done when the batch begins.
        resets: whether the batch starts from the zero state.
        bounded: whether a bound on memory ended it where the truncation strategy alone would not have.
    """

    lanes: int
    own: range
    losses: int
    divisor: float
    epoch: float
    resets: bool = False
    bounded: bool = False


@dataclass(frozen=True, kw_only=True)
class TextBatch(Batch):
    """A window of a running text: the symbols that are read, what is asked for, and how gradients flow.

    Attributes:
        inputs: the symbol that each step reads.
        targets: the symbol that is asked for after each step.
        save_at: the state after this many steps is the one that the next batch starts from.
        xi: ξ of each step, or None where all are 1. The first one guards the state that is carried in.
        count_from: the first step whose loss counts.
    """

    inputs: Int[Tensor, "T B"]
    targets: Int[Tensor, "T B"]
    save_at: int
    xi: Sequence[float] | None = None
    count_from: int = 0


class Padded(NamedTuple):
    """Rows of different length side by side.

    Attributes:
        ids: the symbols of each row, and zeros after its end.
        lengths: how many symbols each row has.
    """

    ids: Int[Tensor, "T B"]
    lengths: Int[Tensor, " B"]


@dataclass(frozen=True, kw_only=True)
class ExampleBatch(Batch):
    """Rows of a table.

    Attributes:
        inputs: what is read.
        targets: what is asked for.
        input_xi: ξ of each step and row of the inputs; None where all are 1.
        target_xi: ξ of each step and row of a decoder, which takes one step more than its target has symbols.
        weights: what the loss of each row is multiplied by; None where all are 1.
    """

    inputs: Padded
    targets: Padded
    input_xi: Float[Tensor, "S B"] | None = None
    target_xi: Float[Tensor, "T1 B"] | None = None
    weights: Float[Tensor, " B"] | None = None
    resets: bool = True

"""Where a program finds a window of running text.

T time steps · B lanes
"""

from __future__ import annotations

from itertools import chain, pairwise

import torch
from torch import Tensor

from charnn.batches.batch import TextBatch
from charnn.kernels.program import Value
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.recording.dropout import RecordedDropout
from charnn.networks.stack import States


class RecordedWindow(RecordedBatch):
    """The places of a window; all windows of a program have one shape.

    Attributes:
        inputs, targets: (T, B) the symbols.
        states: the parts of each layer's state that the window starts from.
        xi: (T) ξ of each step, or None where all are 1.
        save_at, count_from: as in the batches that the program is for.
    """

    def __init__(self, batch: TextBatch, states: States, dropout: RecordedDropout | None) -> None:
        """Places for windows like one.

        Args:
            batch: the window.
            states: what it starts from.
            dropout: what is left out; None: nothing.
        """
        self.inputs = torch.empty_like(batch.inputs, dtype=torch.int64).contiguous()
        self.targets = torch.empty_like(batch.targets, dtype=torch.int64).contiguous()
        self.states = [[Value(torch.empty_like(part)) for part in state] for state in states]
        self.xi = None if batch.xi is None else torch.empty(len(batch.xi), dtype=torch.float64)
        self.save_at, self.count_from, self.dropout = batch.save_at, batch.count_from, dropout

    def has_room(self, batch: TextBatch) -> bool:
        """See `RecordedBatch`."""
        return batch.inputs.shape == self.inputs.shape

    def _take(self, batch: TextBatch) -> None:
        self.inputs.copy_(batch.inputs)
        self.targets.copy_(batch.targets)
        if self.xi is not None:
            self.xi.copy_(torch.tensor(batch.xi, dtype=torch.float64))

    def start_from(self, states: States) -> None:
        """See `RecordedBatch`."""
        for value, part in zip(chain(*self.states), chain(*states), strict=True):
            value.numbers.copy_(part)

    @property
    def given(self) -> list[Tensor]:
        """What each window has of its own, apart from the state."""
        return [self.inputs, self.targets] if self.xi is None else [self.inputs, self.targets, self.xi]

    @property
    def pieces(self) -> list[range]:
        """The steps; where the state is saved among them, in two pieces with the state between."""
        steps = len(self.inputs)
        cuts = [0, self.save_at, steps] if 0 < self.save_at < steps else [0, steps]
        return [range(*piece) for piece in pairwise(cuts)]

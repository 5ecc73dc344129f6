"""Updates on several windows of a text as one call of compiled code, where nothing has to be seen between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch

from charnn.batches.batch import Batch
from charnn.kernels.program import Program, Value
from charnn.networks.dropout import Dropout
from charnn.networks.recording.window import RecordedWindow
from charnn.networks.stack import States
from charnn.training.updates import Done
from charnn.training.updates.clipping import Clipped

MOST = 32
"""So many windows in one call make what lies between two calls small."""


class Several:
    """Updates on windows of one shape.

    All of them start from the zero state, or each from the state that the one before it leaves.
    """

    def __init__(
        self, program: Program, window: RecordedWindow, saved: Sequence[Sequence[Value]], *, resets: bool
    ) -> None:
        """No window is taken yet.

        Args:
            program: one update.
            window: where it finds its window.
            saved: where it leaves the state.
            resets: whether all windows start from the zero state.
        """
        self._program, self._window = program, window
        self._left = [[torch.empty_like(value.numbers) for value in state] for state in saved]
        entry, left, saved_there = chain(*window.states), list(chain(*self._left)), chain(*saved)
        self._repeats = program.repeats(
            window.given,
            taken_up=[] if resets else [(one, value.numbers) for one, value in zip(left, entry, strict=True)],
            carried=[(value.numbers, one) for one, value in zip(left, saved_there, strict=True)],
            most=MOST,
        )
        self._taken = 0

    def take(self, batch: Batch, dropout: Dropout | None, rate: float) -> None:
        """One window more, behind those that are taken."""
        self._window.take(batch, dropout)
        self._program.set(1 / batch.divisor, rate)
        self._repeats.prepare(self._taken)
        self._taken += 1

    def run(self, states: States) -> list[Done]:
        """The updates on the windows that were taken, up to one whose loss or gradient is not finite.

        Args:
            states: what the first window starts from.

        Returns:
            What each of them did, with the state after the last one.
        """
        self._window.start_from(states)
        for left, part in zip(chain(*self._left), chain(*states), strict=True):
            left.copy_(part)
        taken, self._taken = self._taken, 0
        count = self._repeats.run(taken)
        after = tuple(tuple(part.clone() for part in state) for state in self._left)
        return [self._done(run, after) for run in range(count)]

    def _done(self, run: int, after: States) -> Done:
        self._repeats.look_at(run)
        return Done(self._program.nats, Clipped(self._program.norm, self._program.clipped), after)

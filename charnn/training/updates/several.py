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
        """Nothing is done yet.

        Args:
            program: one update.
            window: where it finds its window.
            saved: where it leaves the state.
            resets: whether all windows start from the zero state.
        """
        self._program, self._window = program, window
        # No kernel changes the state that a window starts from: where it is carried on, it is put there at once.
        self._left = [[torch.empty_like(value.numbers) if resets else value.numbers for value in state]
                      for state in window.states]  # fmt: skip
        carried = [(value.numbers, left) for value, left in zip(chain(*saved), chain(*self._left), strict=True)]
        self._repeats = program.repeats(window.given, carried, MOST)

    @property
    def bytes(self) -> int:
        """How much memory its own numbers take."""
        return self._repeats.bytes

    def run(self, windows: Sequence[tuple[Batch, Dropout | None, float]], states: States) -> list[Done]:
        """The updates on some windows, up to one whose loss or gradient is not finite.

        Args:
            windows: at most `MOST`, each with what is left out and the learning rate.
            states: what the first window starts from.

        Returns:
            What each of them did, with the state after the last one.
        """
        for run, (batch, dropout, rate) in enumerate(windows):
            self._window.take(batch, dropout)
            self._program.set(1 / batch.divisor, rate)
            self._repeats.prepare(run)
        self._window.start_from(states)
        count = self._repeats.run(len(windows))
        after = tuple(tuple(part.clone() for part in state) for state in self._left)
        return [self._done(run, after) for run in range(count)]

    def _done(self, run: int, after: States) -> Done:
        self._repeats.look_at(run)
        return Done(self._program.nats, Clipped(self._program.norm, self._program.clipped), after)

"""The batches of one running text: the windows of a truncation strategy over its lanes.

    L = Σ_{t,b} l(y_t, o_t) / (c · B)     c the window's divisor (`train.loss: mean`), or 1 (`sum`)

`sum` adds up the losses of a window's steps and takes the mean over lanes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from torch import Tensor

from charnn.batches.batch import TextBatch
from charnn.batches.loader import Loader
from charnn.bptt.plan import Window
from charnn.bptt.strategies import Strategy
from charnn.data.running_text.lanes import Lanes
from charnn.errors import InputError


@dataclass(frozen=True)
class Position:
    """The next window: the `window`-th (from 0) of the `epoch`-th pass (from 0) over the lanes."""

    epoch: int = 0
    window: int = 0


class RunningText(Loader):
    """Reads all lanes side by side, window after window, with the state carried from one to the next."""

    def __init__(
        self, text: Lanes, strategy: Strategy, seed: int, loss: Literal["mean", "sum"], device: torch.device
    ) -> None:
        """Begin at the first window of the text.

        Args:
            text: the lanes.
            strategy: lays the windows.
            seed: randomised strategies draw from it.
            loss: whether the losses of a window are divided by its divisor.
            device: where the batches are put.

        Raises:
            InputError: a lane is shorter than a window.
        """
        self.text, self.strategy, self.seed, self.loss, self.device = text, strategy, seed, loss, device
        self.lanes = text.count
        self.own = range(text.count) if text.own is None else text.own
        self.position = Position()
        if text.length < strategy.shortest_lane():
            raise InputError(
                f"the text is too short: {len(text.ids)} units in {text.count} lanes leave {text.length} steps "
                f"a lane, and one window of the strategy {strategy.name} needs {strategy.shortest_lane()}"
            )

    def batches(self) -> Iterator[TextBatch]:
        """See `Loader`."""
        first = self.position
        for epoch in count(first.epoch):
            # Each pass draws from a generator of its own, so that a position is all that a resume needs.
            plan = self.strategy.windows(self.text.length, Random(f"{self.seed} gates {epoch}"))
            for number, window in enumerate(plan):
                if epoch > first.epoch or number >= first.window:
                    self.position = Position(epoch, number)
                    yield self.batch(window)

    def batch(self, window: Window) -> TextBatch:
        """The batch of a window of the present pass."""
        inputs, targets = self.text.window(window.start, window.length)
        return TextBatch(
            lanes=self.lanes,
            own=self.own,
            inputs=self._placed(inputs),
            targets=self._placed(targets),
            losses=window.counted * self.lanes,
            divisor=self._divisor(window) * self.lanes,
            epoch=self.position.epoch + window.start / self.text.length,
            save_at=window.save_at,
            xi=window.xi,
            count_from=window.count_from,
            resets=window.resets,
            bounded=window.bounded,
        )

    @property
    def begins_a_pass(self) -> bool:
        """See `Loader`."""
        return self.position.window == 0

    @property
    def losses_in_a_pass(self) -> int:
        """See `Loader`; strategies that leave losses out do not lower it."""
        return self.text.length * self.lanes

    @property
    def unit_objective(self) -> float:
        """See `Loader`."""
        first = next(self.strategy.windows(self.text.length, Random("a whole window")))
        return first.divisor / self._divisor(first)

    def place(self) -> dict[str, Any]:
        """See `Loader`."""
        return {"epoch": self.position.epoch, "window": self.position.window}

    def go_to(self, place: dict[str, Any]) -> None:
        """See `Loader`."""
        self.position = Position(place["epoch"], place["window"])

    def _divisor(self, window: Window) -> float:
        return float(window.divisor) if self.loss == "mean" else 1.0

    def _placed(self, ids: NDArray[Any]) -> Tensor:
        return torch.from_numpy(ids).to(self.device)

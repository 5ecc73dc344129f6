"""The batches of a table: rows of about the same length, in an order that is drawn anew for every pass.

    L = Σ_rows Σ_losses l / (B · n̄)

n̄ is the mean number of losses of a row for training (`train.loss: mean`), or 1 (`sum`). The divisor is the same for
every batch, a last, smaller one too: what a row contributes does not depend on the others.

S steps of a source · T of a target · B rows
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from random import Random
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from charnn.batches.batch import ExampleBatch, Padded
from charnn.batches.loader import Loader
from charnn.bptt.strategies import Strategy
from charnn.data.examples.sequences import Sequences

# Rows are sorted by length within so many batches, whose order is then drawn.
POOL = 50


@dataclass(frozen=True)
class Rows:
    """The rows for training.

    Attributes:
        inputs, targets: all rows of the table.
        chosen: the numbers of those for training.
        losses: how many losses each of these has.
        loss_at_end: whether a row's only loss stands at its end.
        weights: what the loss of each is multiplied by; None where all are 1.
    """

    inputs: Sequences
    targets: Sequences
    chosen: NDArray[np.int64]
    losses: NDArray[np.int64]
    loss_at_end: bool = False
    weights: NDArray[np.float64] | None = None


class Examples(Loader):
    """Reads rows in batches by length."""

    def __init__(
        self,
        rows: Rows,
        lanes: int,
        own: range | None,
        strategy: Strategy,
        seed: int,
        loss: Literal["mean", "sum"],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Begin before the first batch.

        Args:
            rows: what is read.
            lanes: how many rows a batch has.
            own: which of them this process reads; None: all.
            strategy: where gradients are cut inside a row.
            seed: of the order of the rows, and of what a randomised strategy draws.
            loss: whether a batch's losses are divided by how many a row has, too.
            device: where the batches are put.
            dtype: of gates and weights.
        """
        self.rows, self.strategy, self.seed, self.device, self.dtype = rows, strategy, seed, device, dtype
        self.lanes = lanes
        self.own = range(lanes) if own is None else own
        self.epoch, self.number = 0, 0
        self.divisor = lanes * (float(rows.losses.mean()) if loss == "mean" else 1.0)

    def batches(self) -> Iterator[ExampleBatch]:
        """See `Loader`."""
        first = self.number
        for epoch in count(self.epoch):
            plan = self.plan(epoch)
            done = np.concatenate(([0], np.cumsum([len(batch) for batch in plan])))
            for number in range(first, len(plan)):
                self.epoch, self.number = epoch, number
                yield self.batch(plan[number], epoch + float(done[number]) / len(self.rows.chosen))
            first = 0

    def plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """The rows of each batch of a pass, as places in `rows.chosen`."""
        generator = np.random.Generator(np.random.Philox([self.seed, epoch]))
        order = generator.permutation(len(self.rows.chosen))
        inputs, targets = (part.lengths[self.rows.chosen] for part in (self.rows.inputs, self.rows.targets))
        batches: list[NDArray[np.int64]] = []
        for begin in range(0, len(order), POOL * self.lanes):
            pool = order[begin : begin + POOL * self.lanes]
            by_length = pool[np.lexsort((targets[pool], inputs[pool]))]
            batches += [by_length[at : at + self.lanes] for at in range(0, len(pool), self.lanes)]
        return [batches[number] for number in generator.permutation(len(batches))]

    def batch(self, places: NDArray[np.int64], epoch: float) -> ExampleBatch:
        """The batch of some rows.

        Args:
            places: of the rows, in `rows.chosen`.
            epoch: how many passes are done.
        """
        count = len(places)
        own = range(count * self.own.start // self.lanes, count * self.own.stop // self.lanes)
        chosen = self.rows.chosen[places]
        inputs, targets = self.rows.inputs.padded(chosen), self.rows.targets.padded(chosen)
        lengths = [part.lengths[chosen] for part in (self.rows.inputs, self.rows.targets)]
        gates = self._gates(lengths[0], lengths[1], len(inputs), len(targets) + 1)
        mine = slice(own.start, own.stop)
        weights = self.rows.weights
        return ExampleBatch(
            lanes=count,
            own=own,
            losses=int(self.rows.losses[places].sum()),
            divisor=self.divisor,
            epoch=epoch,
            inputs=Padded(self._placed(inputs[:, mine]), self._placed(lengths[0][mine])),
            targets=Padded(self._placed(targets[:, mine]), self._placed(lengths[1][mine])),
            input_xi=None if gates is None else self._numbers(gates[0][:, mine]),
            target_xi=None if gates is None else self._numbers(gates[1][:, mine]),
            weights=None if weights is None else self._numbers(weights[places][mine]),
        )

    def _gates(
        self, inputs: NDArray[np.int64], targets: NDArray[np.int64], steps: int, further: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """ξ of each step and row, by the position in the row: its own source, and then its target.

        Where the only loss stands at a row's end, a strategy may count back from there.
        """
        random = Random(f"{self.seed} gates {self.epoch} {self.number}")
        drawn = self.strategy.gates(int((inputs + targets).max()) + 2, random)
        if drawn is None:
            return None
        xi = np.array(drawn)
        first = np.arange(steps)[:, None] + 0 * inputs
        if self.rows.loss_at_end and self.strategy.counts_from_the_end:
            first = inputs - first
        second = inputs + np.arange(further)[:, None]
        return np.where(first > 0, xi[np.clip(first, 0, len(xi) - 1)], 1.0), xi[np.clip(second, 0, len(xi) - 1)]

    @cached_property
    def padding(self) -> float:
        """The share of a first pass that is padding."""
        whole = real = 0
        for places in self.plan(0):
            for part in (self.rows.inputs, self.rows.targets):
                lengths = part.lengths[self.rows.chosen[places]]
                whole, real = whole + int(lengths.max()) * len(lengths), real + int(lengths.sum())
        return 1 - real / whole

    @property
    def begins_a_pass(self) -> bool:
        """See `Loader`."""
        return self.number == 0

    @property
    def losses_in_a_pass(self) -> int:
        """See `Loader`."""
        return int(self.rows.losses.sum())

    @property
    def unit_objective(self) -> float:
        """See `Loader`."""
        return self.lanes * float(self.rows.losses.mean()) / self.divisor

    def place(self) -> dict[str, Any]:
        """See `Loader`."""
        return {"epoch": self.epoch, "window": self.number}

    def go_to(self, place: dict[str, Any]) -> None:
        """See `Loader`."""
        self.epoch, self.number = place["epoch"], place["window"]

    def _placed(self, ids: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(ids)).to(self.device)

    def _numbers(self, values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device, self.dtype)

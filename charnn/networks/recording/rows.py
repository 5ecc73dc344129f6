"""Where a program finds rows of a table, as many steps as they may have.

T time steps · B rows
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from charnn.batches.batch import ExampleBatch, Padded
from charnn.cells import Cell
from charnn.kernels.program import Program, Value
from charnn.kernels.program.extents import Extent
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.recording.dropout import RecordedDropout
from charnn.networks.rows import within

# Longer rows than the first ones come soon: there is room for so many more.
_SPARE = 1.25


class Taken(NamedTuple):
    """Numbers that are taken out of each batch.

    Attributes:
        numbers: where they are put.
        extent: how many entries of the first axis are in use.
    """

    numbers: Tensor
    extent: Extent


class RecordedRows(RecordedBatch):
    """The places of rows; their number is that of the batch which they are made for."""

    def __init__(
        self, batch: ExampleBatch, dropout: RecordedDropout | None, before: RecordedRows | None = None
    ) -> None:
        """Nothing is taken yet.

        Args:
            batch: what there is room for.
            dropout: what is left out; None: nothing.
            before: others, whose batches are to have room here too.
        """
        self.dropout, self.rows = dropout, len(batch.own)
        self._made_for, self._least = batch, [] if before is None else [each.extent.most for each in before._places]
        self._places: list[Taken] = []
        self._read: list[Callable[[ExampleBatch], Tensor]] = []
        self._found: tuple[ExampleBatch | None, list[Tensor]] = None, []

    def taken(self, read: Callable[[ExampleBatch], Tensor]) -> Taken:
        """Places for numbers whose first axis is longer in one batch than in another.

        Args:
            read: takes them out of a batch.
        """
        found = read(self._made_for)
        least = self._least[len(self._places)] if self._least else 0
        return self._placed(read, found, max(least, int(len(found) * _SPARE) + 1))

    def fixed(self, read: Callable[[ExampleBatch], Tensor]) -> Tensor:
        """Places for numbers of which every batch has as many."""
        found = read(self._made_for)
        return self._placed(read, found, len(found)).numbers

    @property
    def weights(self) -> Tensor | None:
        """(B) places for what the loss of each row is multiplied by; None where all are 1."""
        if self._made_for.weights is None:
            return None

        def present(batch: ExampleBatch) -> Tensor:
            assert batch.weights is not None
            return batch.weights

        return self.fixed(present)

    def gates(self, read: Callable[[ExampleBatch], Tensor | None]) -> Tensor | None:
        """(T, B) places for ξ of each step and row; None where all are 1."""
        if read(self._made_for) is None:
            return None

        def present(batch: ExampleBatch) -> Tensor:
            found = read(batch)
            assert found is not None
            return found.double()

        return self.taken(present).numbers

    def zero_state(self, cells: Sequence[Cell]) -> list[list[Value]]:
        """The parts of each layer's state before anything was read."""
        return [[Value(part) for part in cell.zero_state(self.rows)] for cell in cells]

    def has_room(self, batch: ExampleBatch) -> bool:
        """See `RecordedBatch`."""
        return all(len(one) <= place.extent.most for one, place in zip(self._of(batch), self._places, strict=True))

    def start_from(self, states: object) -> None:
        """See `RecordedBatch`: rows start from states of their own."""

    def _take(self, batch: ExampleBatch) -> None:
        for found, (numbers, extent) in zip(self._of(batch), self._places, strict=True):
            # The entries in use lie side by side, as if there were no room for more.
            numbers.flatten()[: found.numel()].copy_(found.flatten())
            extent.set(len(found))

    def _placed(self, read: Callable[[ExampleBatch], Tensor], like: Tensor, most: int) -> Taken:
        place = Taken(like.new_zeros(most, *like.shape[1:]), Extent(most))
        self._places.append(place)
        self._read.append(read)
        return place

    def _of(self, batch: ExampleBatch) -> list[Tensor]:
        """What is taken out of a batch."""
        if self._found[0] is not batch:
            self._found = batch, [read(batch) for read in self._read]
        return self._found[1]


def last_steps(texts: Padded) -> Tensor:
    """(1, B) the number of each row's own last step, counted over all steps and rows."""
    return ((texts.lengths - 1) * len(texts.lengths) + torch.arange(len(texts.lengths)))[None]


def record_losses(
    program: Program,
    batch: RecordedRows,
    h: Value,
    output: tuple[Value, Value],
    asked: Callable[[ExampleBatch], Padded],
    weight: float = 1.0,
) -> None:
    """The losses of the symbols that rows are asked for, as kernels of a program.

    Args:
        program: takes them.
        batch: the rows.
        h: (T, B, H) the states that the symbols are predicted from.
        output: W_q and b_q of the output layer.
        asked: the symbols.
        weight: what their sum is multiplied by.
    """

    def places_of(rows: ExampleBatch) -> Tensor:
        ids, lengths = asked(rows)
        return within(lengths, len(ids)).flatten().nonzero().flatten()

    def symbols_of(rows: ExampleBatch) -> Tensor:
        ids, lengths = asked(rows)
        return ids[within(lengths, len(ids))]

    (places, extent), symbols = batch.taken(places_of), batch.taken(symbols_of).numbers
    if batch.dropout is not None:
        h = batch.dropout.output(h)
    counted = program.gathered(h, places, (len(places), h.numbers.shape[-1]), extent)
    program.loss(counted, *output, symbols, weight)

"""What a trainer steps: a network that reads a batch and sums its losses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from charnn.batches.batch import Batch
from charnn.bptt.execution import Execution
from charnn.cells import Cell
from charnn.kernels.program import Program, Value
from charnn.networks.dropout import Dropout
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.stack import States


class Network(nn.Module, ABC):
    """A network of any task."""

    @property
    @abstractmethod
    def layers(self) -> list[Cell]:
        """All its cells; a state that is carried has one entry for each."""

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where its weights are."""

    @abstractmethod
    def zero_state(self, lanes: int) -> States:
        """The state that a batch may start from, before anything was read; empty where nothing is carried."""

    @abstractmethod
    def forward(
        self, batch: Batch, states: States, execution: Execution, dropout: Dropout | None = None
    ) -> tuple[Float[Tensor, ""], States]:
        """The losses that count, summed, and the state that the next batch may start from.

        Args:
            batch: what is read and asked for.
            states: the state that the batch starts from.
            execution: how it runs.
            dropout: what is left out in this window; None: nothing.
        """

    @abstractmethod
    def record(self, program: Program, values: Mapping[str, Value], batch: RecordedBatch) -> list[list[Value]]:
        """The same as kernels of a program.

        Args:
            program: takes them.
            values: the parameters, by their names.
            batch: what is read and asked for, each time that the program runs.

        Returns:
            The parts of each layer's state that the next batch may start from; none where nothing is carried.
        """

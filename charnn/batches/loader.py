"""What every loader does: make batches for ever, and know its own place for a resume."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from charnn.batches.batch import Batch


class Loader(ABC):
    """Makes the batches of a training, those lanes of them that this process reads.

    Attributes:
        lanes: how many lanes a batch has over all processes.
        own: which of them this process reads.
    """

    lanes: int
    own: range

    @abstractmethod
    def batches(self) -> Iterator[Batch]:
        """All batches from the present place on, pass after pass, for ever.

        The place moves on when the next batch is asked for. An iterator keeps a place of its own: `go_to` moves those
        that begin later.
        """

    @property
    @abstractmethod
    def begins_a_pass(self) -> bool:
        """Whether the present place is the beginning of a pass over the data."""

    @property
    @abstractmethod
    def losses_in_a_pass(self) -> int:
        """How many losses a pass over the data has, over all lanes."""

    @property
    @abstractmethod
    def unit_objective(self) -> float:
        """What the number that is minimised would be for a whole batch if every loss were 1."""

    @abstractmethod
    def place(self) -> dict[str, Any]:
        """The present place as plain values, for a checkpoint."""

    @abstractmethod
    def go_to(self, place: dict[str, Any]) -> None:
        """Let the place be one that `place` gave."""

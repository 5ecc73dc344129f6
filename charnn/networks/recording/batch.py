"""Where a program finds its batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from charnn.networks.dropout import Dropout
from charnn.networks.recording.dropout import RecordedDropout


class RecordedBatch(ABC):
    """The places of a batch, for a program that is run again and again.

    Attributes:
        dropout: what is left out; None: nothing.
    """

    dropout: RecordedDropout | None

    @abstractmethod
    def has_room(self, batch: Any) -> bool:
        """Whether another batch can be put there."""

    def take(self, batch: Any, dropout: Dropout | None) -> None:
        """Put a batch there, and say what is left out of the network while it learns from it."""
        self._take(batch)
        if self.dropout is not None and dropout is not None:
            self.dropout.seed(dropout.noise)

    @abstractmethod
    def _take(self, batch: Any) -> None:
        """Put a batch there."""

    @abstractmethod
    def start_from(self, states: Any) -> None:
        """Put the state there that a batch starts from."""

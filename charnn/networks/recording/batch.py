"""Where a program finds its batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

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

    @abstractmethod
    def take(self, batch: Any, states: Any) -> None:
        """Put a batch there, and the state that it starts from."""

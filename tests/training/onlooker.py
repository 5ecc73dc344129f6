"""An observer that remembers, and can ask a training to stop."""

from __future__ import annotations

from typing import Any

from charnn.training.metrics import Meter
from charnn.training.observers import Observer


class Onlooker(Observer):
    def __init__(self, stop_after: int | None = None) -> None:
        self.rows: list[dict[str, Any]] = []
        self.samples: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.updates = 0
        self.stop_after = stop_after

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progressed(self, share: float, meter: Meter) -> None:
        self.updates += 1

    def reported(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def sampled(self, row: dict[str, Any]) -> None:
        self.samples.append(row)

    def stop_signal(self) -> int | None:
        return 15 if self.stop_after is not None and self.updates >= self.stop_after else None

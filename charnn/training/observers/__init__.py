"""Who looks on while a network is trained. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from charnn.training.metrics import Meter


class Observer:
    """Is told what happens in a training; this one does nothing about it.

    It is a context manager: a training enters it before its first update, and leaves it after its last one.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, text: str) -> None:
        """Something in words, such as what is trained on what, and where."""

    def compared(self, baseline: dict[str, Any]) -> None:
        """Before the first update: the best n-gram model of the training part (see `Task.baseline`)."""

    def progressed(self, share: float, meter: Meter) -> None:
        """After every call of one or more updates; `share` of the training is done."""

    def reported(self, row: dict[str, Any]) -> None:
        """After a row was added to `metrics.jsonl`."""

    def sampled(self, row: dict[str, Any]) -> None:
        """After a row was added to `samples.jsonl`."""

    def stop_signal(self) -> int | None:
        """The number of the signal that asks to stop, if one came."""
        return None

"""Learning-rate schedules: one file a schedule, a class with its keys. No torch."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

from charnn.configuration.families import Family
from charnn.configuration.sections import Length
from charnn.configuration.types import Effect, Part


class Schedule(Part):
    """How the learning rate changes.

    `horizon` is the length over which it does; the length of the training where it is not set. Every schedule
    has it, because every run records it, whichever its schedule is.
    """

    horizon: Annotated[Length | None, Effect.DERIVED] = None
    """When the schedule is over: {epochs: 3}, or steps, or minutes; null: with the training.

    A schedule without an end takes it, and does not read it.
    """

    @abstractmethod
    def factor(self, step: int, progress: float) -> float:
        """What the learning rate is multiplied by.

        Args:
            step: the updates done so far.
            progress: the part of the horizon that is done, from 0 to 1.
        """


SCHEDULES = Family("schedule", Schedule)

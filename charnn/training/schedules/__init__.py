"""Learning-rate schedules: one file a schedule, whose `Options` is the schedule itself. No torch."""

from __future__ import annotations

from abc import abstractmethod

from charnn.configuration.sections import Section


class Curve(Section):
    """The keys of a schedule."""

    @abstractmethod
    def factor(self, step: int, progress: float) -> float:
        """What the learning rate is multiplied by.

        Args:
            step: the updates done so far.
            progress: the part of the training that is done, from 0 to 1.
        """

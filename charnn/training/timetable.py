"""When a training does something between two updates: at which steps, and after how many minutes."""

from __future__ import annotations

from charnn.configuration.sections import Train

# Without `train.validate_every` a pass over the text ends in a validation, unless it is shorter than this.
SHORTEST_PASS = 200
# Without `train.checkpoint_every` and `train.checkpoint_minutes` no more than this is lost.
CHECKPOINT_MINUTES = 10.0


class Timetable:
    """What is due after which step."""

    def __init__(self, options: Train) -> None:
        """As a configuration says."""
        self.options = options

    def reports(self, step: int) -> bool:
        """Whether a row of metrics is due."""
        return _is_due(self.options.report_every, step)

    def validates(self, step: int, *, begins_a_pass: bool, since: int) -> bool:
        """Whether a validation is due.

        Args:
            step: how many updates are done.
            begins_a_pass: whether the next batch is the first one of a pass.
            since: how many updates were done since the last validation.
        """
        if self.options.validate_every is not None:
            return _is_due(self.options.validate_every, step)
        return begins_a_pass and since >= SHORTEST_PASS

    def saves(self, step: int) -> bool:
        """Whether a checkpoint is due."""
        return _is_due(self.options.checkpoint_every, step)

    def is_late(self, seconds: float) -> bool:
        """Whether the last checkpoint, made so many seconds ago, is as old as it may become."""
        minutes = self.options.checkpoint_minutes
        if minutes is None and self.options.checkpoint_every is None:
            minutes = CHECKPOINT_MINUTES
        return minutes is not None and seconds >= 60 * minutes

    def samples(self, step: int) -> bool:
        """Whether an example of what the network does is due."""
        return step in self.options.sample_at or _is_due(self.options.sample_every, step)

    def until_next(self, step: int, most: int) -> int:
        """How many updates there are up to the next step at which something is due; `most` if it is further away."""
        options = self.options
        every = (options.report_every, options.validate_every, options.checkpoint_every, options.sample_every)
        due = [each - step % each for each in every if each]
        return min([most, *due, *(at - step for at in options.sample_at if at > step)])


def _is_due(every: int | None, step: int) -> bool:
    return every is not None and step % every == 0

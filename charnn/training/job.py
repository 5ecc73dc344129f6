"""A training from beginning to end: its run is locked, its opponent is found, and its rows go where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import dumps
from typing import Any

from charnn.configuration.config import Config
from charnn.errors import UsageError
from charnn.runs.layout import BASELINE, TENSORBOARD
from charnn.runs.places import Destination
from charnn.tasks import Task
from charnn.training.initial import Initial
from charnn.training.loop import Training
from charnn.training.observers import Observer
from charnn.training.observers.tensorboard import TensorBoard, check_tensorboard
from charnn.training.processes import leave
from charnn.training.resume import Continuation, resume
from charnn.training.start import started


@dataclass
class Job:
    """Trains, and does what surrounds a training.

    Attributes:
        observer: looks on.
        with_baseline: whether the best n-gram model of the training part is found and kept in the run.
        with_tensorboard: whether the rows are written for TensorBoard too.
        baseline: what was found (see `Task.baseline`); empty if nothing was asked for.
    """

    observer: Observer
    with_baseline: bool = False
    with_tensorboard: bool = False
    baseline: dict[str, Any] = field(default_factory=dict)

    def train(self, config: Config, destination: Destination, init: Initial | None = None) -> Training:
        """Begin a training and run it to its end.

        Args:
            config: what is trained on what.
            destination: where its run will be.
            init: weights to start from, instead of random ones.

        Raises:
            CharnnError: it cannot begin, and no file was written; or it failed.
        """
        self._check()
        if self.with_baseline and not config.corpus.has_validation:
            raise UsageError("--baseline is scored on the validation part, and `corpus.split` leaves none")
        with started(config, destination, self.observer, init, self._find_baseline) as training:
            self._run(training)
        return training

    def go_on(self, continuation: Continuation) -> Training:
        """Go on with a training and run it to its end.

        Raises:
            CharnnError: it cannot go on, and nothing was changed; or it failed.
        """
        self._check()
        with continuation.run.locked():
            training = resume(continuation, self.observer)
            training.processes.on_first(lambda: self._find_baseline(training.task))
            self._run(training)
        return training

    def _check(self) -> None:
        if self.with_tensorboard:
            check_tensorboard()

    def _find_baseline(self, task: Task) -> None:
        if self.with_baseline:
            self.baseline = task.baseline()
            self.observer.compared(self.baseline)

    def _run(self, training: Training) -> None:
        if self.baseline:
            training.run.write(BASELINE, dumps(self.baseline) + "\n")
        with self.observer, self._watched(training):
            training.run_to_end()
        if (more := training.processes.on_first(lambda: training.task.finish(training.run))) is not None:
            self.observer.note(more)
        leave()

    @contextmanager
    def _watched(self, training: Training) -> Iterator[None]:
        """Let TensorBoard look on too, where that is wanted, in the process that writes."""
        if not self.with_tensorboard or not training.run.writes:
            yield
            return
        with TensorBoard(training.observer, training.run.path / TENSORBOARD, training.trainer.steps) as observer:
            training.observer = observer
            yield

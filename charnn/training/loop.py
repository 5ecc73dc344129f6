"""The training loop: updates, and between them samples, reports, validation and checkpoints.

A checkpoint holds everything that decides what comes next, so that a training that goes on from one does what it
would have done: the same weights, rows and samples. Rows that were written after it are cut off and written anew.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from charnn.batches.ahead import Ahead
from charnn.batches.batch import Batch
from charnn.configuration.sections import Length
from charnn.errors import DivergedError, RunError, StoppedError
from charnn.runs.layout import METRICS, SAMPLES
from charnn.runs.run import Run
from charnn.storage.tensor_file import TensorFile
from charnn.tasks import Task
from charnn.training.advice import nothing_learned, out_of_patience, stale
from charnn.training.metrics import Meter
from charnn.training.observers import Observer
from charnn.training.schedules import SCHEDULES
from charnn.training.timetable import Timetable
from charnn.training.trainer import Trainer
from charnn.training.updates.several import MOST

# After so many validations without a new best, a training without `train.patience` says so.
STALE = 5
# Seconds that one call of several updates may take: signals and lengths in minutes are looked at only between calls.
LONGEST_CALL = 0.02


@dataclass
class Training:
    """A training in a run folder, from its first update to its last.

    Attributes:
        trainer: does the updates.
        task: scores the network, and gives examples of what it does.
        run: the folder.
        observer: looks on.
        seconds: of updates, so far.
        best: the best value so far of the measure that the best network is chosen by; None before a validation.
        validated: the step of the last validation.
        stale: how many validations there were since the best one.
        rewinds: how often the training was rewound.
        pace: seconds of updates for each loss, as in the last call.
        last_row: the last row of the metrics.
    """

    trainer: Trainer
    task: Task
    run: Run
    observer: Observer
    seconds: float = 0.0
    best: float | None = None
    validated: int = 0
    stale: int = 0
    rewinds: int = 0
    pace: float = math.inf
    last_row: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.options = self.trainer.config.train
        self.processes = self.trainer.processes
        self.timetable = Timetable(self.options)
        self.schedule = SCHEDULES.of(self.trainer.config.schedule)
        self.length = self.options.length
        self.horizon = self.schedule.horizon or self.length
        self.best_by = self.task.best_by
        self.meter = Meter(self.trainer.loader.unit_objective * self.task.uniform_loss, self.task.counted)
        self.saved_at = time.monotonic()
        self.offsets: dict[str, int] = {}

    def run_to_end(self) -> None:
        """Train until the configured length is reached.

        Raises:
            DivergedError: the loss or a gradient is no longer finite, and no rewind is left.
            StoppedError: a signal asked to stop; the updates that had begun were finished and saved.
        """
        if not self.processes.from_first(bool(self.run.checkpoints())):
            self.save()
        batches = Ahead(self.trainer.loader)
        share = self._done(self.length, batches.upcoming)
        while share < 1 and not self.is_out_of_patience:
            self._sample(batches.upcoming)
            try:
                batches.move_on(self._update(batches))
            except DivergedError as error:
                self._rewind(error)
                batches = Ahead(self.trainer.loader)
                continue
            share = self._done(self.length, batches.upcoming)
            self._record(done=share >= 1)
            self.observer.progressed(share, self.meter)
        self._sample(batches.upcoming)
        self._judge()

    def save(self) -> None:
        """Write a checkpoint, and the weights of this moment alone."""
        trainer = self.trainer
        document = {
            **trainer.document(),
            "config": trainer.config.values(),
            "meter": self.meter.document(),
            "seconds": self.seconds,
            "best": self.best,
            "validated": self.validated,
            "stale": self.stale,
            "rewinds": self.rewinds,
        }
        tensors = trainer.tensors()
        self.processes.on_first(lambda: self.run.save_checkpoint(trainer.steps, tensors, document))
        self._save_last_weights()
        self.saved_at = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether the configured length is reached, or the patience with validations is at its end."""
        return self.is_out_of_patience or self.has_its_length

    @property
    def has_its_length(self) -> bool:
        """Whether the configured length is reached."""
        return self._done(self.length, next(self.trainer.loader.batches())) >= 1

    @property
    def is_out_of_patience(self) -> bool:
        """Whether so many validations in turn brought no new best that the training ends."""
        return self.options.patience is not None and self.stale >= self.options.patience

    def load(self, checkpoint: TensorFile) -> None:
        """Take over the state of a checkpoint; nothing is written.

        Raises:
            RunError: it is of another training, or not a checkpoint.
        """
        document = checkpoint.document
        try:
            self.trainer.load(checkpoint.tensors, document)
            self.meter = Meter.of(document["meter"])
            # An older checkpoint knows of one measure alone.
            best = document["best"] if "best" in document else document["best_validation_loss"]
            self.best = None if best is None else float(best)
            self.seconds, self.validated = float(document["seconds"]), int(document["validated"])
            self.stale = int(document.get("stale", 0))
            self.rewinds = int(document["rewinds"])
            self.offsets = {str(log): int(offset) for log, offset in document["offsets"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunError(f"this is not a checkpoint of a training of charnn: {error!r}") from None
        rows = [row for row in self.run.rows(METRICS) if "loss" in row and row["step"] <= self.trainer.steps]
        self.last_row = rows[-1] if rows else {}

    def discard_what_follows(self) -> None:
        """Let the run's files be as they were at the checkpoint that was loaded."""
        # Before the logs: a later checkpoint counts on rows that are about to go.
        if self.processes.on_first(lambda: self.run.forget_after(self.trainer.steps)):
            self.best = None  # what was best before has been overwritten
        self.run.cut_logs(self.offsets)
        # The process that wrote the checkpoint may have been killed before this.
        self._save_last_weights()

    @property
    def best_validation_loss(self) -> float | None:
        """The lowest validation loss so far, in nats, where the best network is chosen by it."""
        return self.best if self.best_by == "loss" else None

    def _is_better(self, value: float) -> bool:
        """Whether a value of the measure is better than the best one."""
        if self.best is None:
            return True
        return value > self.best if self.task.measures[self.best_by] else value < self.best

    def _save_last_weights(self) -> None:
        document, weights = {"step": self.trainer.steps}, self.trainer.averaged.state_dict()
        self.processes.on_first(lambda: self.run.save_weights("last", weights, document))

    def _done(self, length: Length, upcoming: Batch, further: int = 0) -> float:
        """The share of a length that is done, after so many further steps; above 1 when more is."""
        if length.steps is not None:
            return (self.trainer.steps + further) / length.steps
        if length.minutes is not None:
            return self.seconds / (60 * length.minutes)
        return upcoming.epoch / cast(float, length.epochs)

    def _update(self, batches: Ahead) -> int:
        """One update, or several in one call where nothing has to be seen between them; how many they were."""
        planned = self._planned(batches)
        begin = time.perf_counter()
        updates = self.trainer.step_several(planned)
        seconds = time.perf_counter() - begin
        self.seconds += self.processes.largest(seconds)[0]
        self.pace = seconds / max(1, sum(update.characters for update in updates))
        for update in updates:
            self.meter.add(update, seconds / len(updates))
        return len(updates)

    def _planned(self, batches: Ahead) -> list[tuple[Batch, float]]:
        """The batches of the next call, with what the rate is multiplied by at each."""
        first, planned, characters = batches.upcoming, list[tuple[Batch, float]](), 0
        for batch in islice(batches.of_this_pass(), self.timetable.until_next(self.trainer.steps, MOST)):
            further, characters = len(planned), characters + batch.losses
            is_too_much = self._done(self.length, batch, further) >= 1 or characters * self.pace > LONGEST_CALL
            if planned and (is_too_much or not self.trainer.joins(batch, first)):
                break
            progress = min(1.0, self._done(self.horizon, batch, further))
            planned.append((batch, self.schedule.factor(self.trainer.steps + further, progress)))
        return planned

    def _record(self, *, done: bool) -> None:
        """After a call of updates: validate, report and save, each if it is due."""
        steps, due = self.trainer.steps, self.timetable
        is_late = due.is_late(time.monotonic() - self.saved_at)
        stop, late = (int(found) for found in self.processes.largest(self.observer.stop_signal() or 0, is_late))
        begins_a_pass, since = self.trainer.loader.begins_a_pass, steps - self.validated
        validates = done or due.validates(steps, begins_a_pass=begins_a_pass, since=since)
        if validates or due.reports(steps):
            self._report(self._validation() if validates else {}, done=done)
        if validates or stop or late or due.saves(steps):
            self.save()
        if stop and not done:
            saved = f"stopped after step {steps}; everything is saved in {self.run.path}"
            raise StoppedError(f"{saved}: `charnn train --resume {self.run.path}` goes on", 128 + stop)

    def _rewind(self, error: DivergedError) -> None:
        """Go back to the last checkpoint with a smaller learning rate, if that is wanted and was not done too often.

        Raises:
            DivergedError: it is not; everything is saved as it was before the diverging update.
        """
        step, rewinds = self.trainer.steps, self.rewinds + 1
        if self.options.on_divergence == "stop" or rewinds > self.options.rewinds:
            self.save()
            self.run.append(METRICS, {"step": step, "event": "diverged", "message": str(error)})
            raise error
        self.load(self.run.checkpoint())
        self.discard_what_follows()
        self.rewinds = rewinds
        self.trainer.slow_down(self.options.rewind_factor**rewinds)
        row = {"step": self.trainer.steps, "event": "rewound", "from": step, "rewinds": rewinds}
        row["learning_rate_factor"] = self.options.rewind_factor**rewinds
        self.run.append(METRICS, row)
        self.save()
        self.observer.note(
            f"{error}\nrewound to step {self.trainer.steps}, with {row['learning_rate_factor']:g} of the learning rate"
        )

    def _report(self, validation: dict[str, float | None], *, done: bool = False) -> None:
        """Add a row to `metrics.jsonl`."""
        trainer = self.trainer
        self.last_row = {
            "step": trainer.steps,
            "epoch": self.meter.characters / trainer.loader.losses_in_a_pass,
            **self.meter.report(),
            "seconds": self.seconds,
            **validation,
        }
        value = validation.get(f"validation_{self.best_by}")
        improved = value is not None and self._is_better(value)
        if value is not None:
            self.stale = 0 if improved else self.stale + 1
        if done or self.is_out_of_patience:
            self.last_row["finished"] = True
        if self.is_out_of_patience:
            self.last_row["out_of_patience"] = True
        self.processes.on_first(lambda: self.run.append(METRICS, self.last_row))
        self.observer.reported(self.last_row)
        if improved:
            self.best = value
            self.run.save_weights("best", trainer.averaged.state_dict(), {"step": trainer.steps, **validation})
        elif self.stale == STALE and self.options.patience is None:
            self.observer.note(stale(STALE))

    def _judge(self) -> None:
        """Say at the end why it came early, or that nothing was learned."""
        if self.is_out_of_patience:
            self.observer.note(out_of_patience(self.trainer.steps, self.stale))
        loss, guess = self.last_row.get("loss", 0.0), self.task.uniform_loss
        if loss > guess:
            self.observer.note(nothing_learned(loss, guess))

    def _validation(self) -> dict[str, float | None]:
        """Validate; if the loss is not finite, report and save before the error ends the training."""
        try:
            return self._validate()
        except DivergedError:
            self._report({})
            self.save()
            raise

    def _validate(self) -> dict[str, float | None]:
        """The scores on the whole validation part, where there is one."""
        self.validated = self.trainer.steps
        return self.processes.on_first(lambda: self.task.scores(self.trainer.averaged))

    def _sample(self, upcoming: Batch) -> None:
        """Write an example of what the network does, if one is due."""
        step = self.trainer.steps
        if self.processes.rank > 0 or not self.timetable.samples(step):
            return
        states = self.trainer.entry_states(upcoming)
        try:
            row = {"step": step, **self.task.example(self.trainer.averaged, states, upcoming, step)}
        except DivergedError as error:  # what it learns from may be in order all the same
            self.observer.note(f"no sample at step {step:,}: {error}")
            return
        self.run.append(SAMPLES, row)
        self.observer.sampled(row)

"""The training loop: updates, and between them samples, reports, validation and checkpoints."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, runtime_checkable

from charnn.bptt.plan import Window
from charnn.errors import DivergedError, StoppedError
from charnn.evaluation import score
from charnn.runs import Run
from charnn.sampling import Choice, continue_text
from charnn.text.dataset import Dataset
from charnn.training.metrics import Meter
from charnn.training.schedules import Curve
from charnn.training.trainer import Trainer

# Without `train.validate_every` a pass over the text ends in a validation, unless it is shorter than this.
SHORTEST_PASS = 200


@runtime_checkable
class Observer(Protocol):
    """Whoever looks on."""

    def note(self, text: str) -> None:
        """Once, before the first update: what is trained on what, and where."""

    def progressed(self, share: float, meter: Meter) -> None:
        """After every update; `share` of the training is done."""

    def reported(self, row: dict[str, Any]) -> None:
        """After a row was added to `metrics.jsonl`."""

    def sampled(self, row: dict[str, Any]) -> None:
        """After a row was added to `samples.jsonl`."""

    def stop_signal(self) -> int | None:
        """The number of the signal that asks to stop, if one came."""


@dataclass
class Training:
    """A training from its first update to its last, in a run folder."""

    trainer: Trainer
    dataset: Dataset
    run: Run
    observer: Observer
    seconds: float = 0.0
    best: float = math.inf
    validated: int = 0
    last_row: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.options = self.trainer.config.train
        self.schedule = cast(Curve, self.trainer.config.schedule)
        self.meter = Meter(self.trainer.uniform_objective())

    def run_to_end(self) -> None:
        """Train until the configured length is reached.

        Raises:
            DivergedError: the loss or a gradient is no longer finite.
            StoppedError: a signal asked to stop; the step was finished and saved.
        """
        windows = self.trainer.windows()
        upcoming = next(windows)
        share = 0.0
        while share < 1:
            self._sample(upcoming)
            self._update(upcoming, share)
            upcoming = next(windows)
            share = self._share(upcoming)
            self._record(done=share >= 1)
            self.observer.progressed(share, self.meter)
        self._sample(upcoming)

    @property
    def best_validation_loss(self) -> float | None:
        """The lowest validation loss so far, in nats."""
        return self.best if math.isfinite(self.best) else None

    def _share(self, upcoming: Window) -> float:
        """How much of the training is done, from 0 to 1."""
        if self.options.steps is not None:
            return self.trainer.steps / self.options.steps
        if self.options.minutes is not None:
            return self.seconds / (60 * self.options.minutes)
        return self.trainer.progress(upcoming) / cast(float, self.options.epochs)

    def _update(self, window: Window, share: float) -> None:
        begin = time.perf_counter()
        try:
            update = self.trainer.step(window, self.schedule.factor(self.trainer.steps, share))
        except DivergedError:
            self._save()
            raise
        seconds = time.perf_counter() - begin
        self.seconds += seconds
        self.meter.add(update, seconds)

    def _record(self, *, done: bool) -> None:
        """After an update: validate, report and save, each where it is due."""
        stop = self.observer.stop_signal()
        validates = done or self._validation_is_due()
        saves = validates or stop is not None or self._due(self.options.checkpoint_every)
        if saves or self._due(self.options.report_every):
            self._report(self._validation() if validates else {})
        if saves:
            self._save()
        if stop is not None and not done:
            message = f"stopped after step {self.trainer.steps}; everything is saved in {self.run.path}"
            raise StoppedError(message, 128 + stop)

    def _due(self, every: int | None) -> bool:
        return every is not None and self.trainer.steps % every == 0

    def _validation_is_due(self) -> bool:
        if self.options.validate_every is not None:
            return self._due(self.options.validate_every)
        passed = self.trainer.position.window == 0
        return passed and self.trainer.steps - self.validated >= SHORTEST_PASS

    def _report(self, validation: dict[str, float]) -> None:
        """Add a row to `metrics.jsonl`."""
        trainer = self.trainer
        epoch = self.meter.characters / (trainer.lanes.length * trainer.lanes.count)
        self.last_row = {
            "step": trainer.steps,
            "epoch": epoch,
            **self.meter.report(),
            "seconds": self.seconds,
            **validation,
        }
        self.run.append("metrics.jsonl", self.last_row)
        self.observer.reported(self.last_row)
        if validation and validation["validation_loss"] < self.best:
            self.best = validation["validation_loss"]
            self.run.save_weights("best", trainer.model, {"step": trainer.steps, **validation})

    def _save(self) -> None:
        """Write a checkpoint, and the weights of this moment alone."""
        trainer = self.trainer
        document = {
            **trainer.document(),
            "meter": self.meter.document(),
            "seconds": self.seconds,
            "best_validation_loss": self.best_validation_loss,
        }
        self.run.save_checkpoint(trainer.steps, trainer.tensors(), document)
        self.run.save_weights("last", trainer.model, {"step": trainer.steps})

    def _validation(self) -> dict[str, float]:
        """Validate; where that diverges, save first."""
        try:
            return self._validate()
        except DivergedError:
            self._report({})
            self._save()
            raise

    def _validate(self) -> dict[str, float]:
        """Score the whole validation part, where there is one."""
        self.validated = self.trainer.steps
        ids = self.dataset.part("validation")
        if len(ids) < 2:
            return {}
        result = score(self.trainer.model, ids, "the validation part")
        return {
            "validation_loss": result.nats,
            "validation_bpc": result.bpc,
            "validation_perplexity": result.perplexity,
        }

    def _sample(self, upcoming: Window) -> None:
        """Sample where it is due: go on from the first lane, as the classic program does."""
        step, options = self.trainer.steps, self.options
        if step not in options.sample_at and not (options.sample_every and step % options.sample_every == 0):
            return
        states = tuple(tuple(part[:1] for part in state) for state in self.trainer.entry_states(upcoming))
        prime = [int(self.trainer.lanes.ids[upcoming.start])]
        stream = continue_text(
            self.trainer.model, states, prime, Choice(options.sample_temperature), [[options.seed, step]]
        )
        ids = [int(next(stream)[0]) for _ in range(options.sample_length)]
        vocabulary = self.dataset.vocabulary
        row = {"step": step, "prime": vocabulary.text(prime), "text": vocabulary.text(ids)}
        self.run.append("samples.jsonl", row)
        self.observer.sampled(row)

"""Going on with a training from a checkpoint, to the same bits as if it had never stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from charnn.configuration.config import Config, Key
from charnn.configuration.reading import config_of, read_config
from charnn.configuration.sections import Length
from charnn.configuration.types import Effect
from charnn.errors import RunError, UsageError
from charnn.networks.devices import find_device
from charnn.runs.layout import CONFIG, INFORMED, MIXTURE
from charnn.runs.run import Run
from charnn.storage.tensor_file import TensorFile
from charnn.tasks import Task, read_task
from charnn.training.loop import Training
from charnn.training.observers import Observer
from charnn.training.processes import join
from charnn.training.schedules import SCHEDULES
from charnn.training.start import build, summary


@dataclass(frozen=True)
class Continuation:
    """Which training goes on, and how.

    Attributes:
        step: of the checkpoint to go on from; the newest if none is named.
        config: a configuration to take instead of the run's own.
        settings: `key=value` overrides.
    """

    run: Run
    step: int | None = None
    config: str | None = None
    settings: Sequence[str] = ()


def resume(continuation: Continuation, observer: Observer) -> Training:
    """Read the run, its text and a checkpoint; the caller holds the run's lock.

    Where the configured length is reached already, nothing is left to do, and the run stays as it is.

    Raises:
        UsageError: the configuration differs in a key that has an effect on the weights, the text is another, or the
            length is shorter than what was done.
        RunError: the run or the checkpoint is incomplete or damaged.
    """
    run = continuation.run
    own = run.config()
    if own.corpus.is_absent:
        raise RunError(
            f"{run.path} was imported, and has no training to go on with: `charnn train --config FILE --init"
            f" {run.path}` starts one from its weights"
        )
    checkpoint = run.checkpoint(continuation.step)
    recorded = checkpoint.document.get("config")
    if not isinstance(recorded, dict):
        raise RunError(f"{run.path} cannot go on: its checkpoint holds no configuration")
    config = _continued(continuation, own, config_of({"format": 0, **recorded}, f"the checkpoint of {run.path}"))
    processes = join(find_device(config.train.device))
    task = read_task(config)
    _take_vocabulary(task, run, checkpoint)
    training = Training(build(config, task, processes), task, run, observer)
    training.load(checkpoint)
    if training.is_over:
        if training.has_its_length:
            _check_length(training, own)
        observer.note(f"{run.path} is finished: {_how_to_go_on(training)}")
        if continuation.step is None:
            # It may have been killed after its last checkpoint; what is whole is written again as it is.
            training.discard_what_follows()
        return training
    training.discard_what_follows()
    run.write_config(config)
    observer.note(summary(task, training.trainer, run.path))
    observer.note(f"going on after step {training.trainer.steps:,}")
    _drop_mixture(run, observer)
    return training


def _drop_mixture(run: Run, observer: Observer) -> None:
    """Remove the mixture of the network as it was: how much its parts deserve was learned with that."""
    path = run.path / MIXTURE
    if run.writes:  # a mixture that was broken off has left its network alone
        (run.path / INFORMED).unlink(missing_ok=True)
    if run.writes and path.exists():
        path.unlink()
        observer.note(f"{path.name} was of the network before: `charnn mix {run.path}` makes it anew")


def _take_vocabulary(task: Task, run: Run, checkpoint: TensorFile) -> None:
    """Let a task read its data in the ids of the run.

    Raises:
        RunError: these are not the ids that the checkpoint was written with.
    """
    own, recorded = run.vocabularies(), checkpoint.document.get("vocabulary")
    # An older checkpoint does not say: then the run's symbols are those of its text.
    if recorded is None and own != task.vocabularies:
        raise RunError(f"{run.path} is damaged: its vocabulary is not that of its text")
    if recorded is not None and recorded != run.vocabulary_hash:
        raise RunError(f"{run.path} is damaged: its checkpoint was saved with another vocabulary")
    task.take_vocabularies(own)


def _check_length(training: Training, own: Config) -> None:
    """Refuse a length that is shorter than what was done.

    Raises:
        UsageError: it is.
    """
    config, steps = training.trainer.config, training.trainer.steps
    if config.train.length != own.train.length:
        raise UsageError(
            f"{training.run.path} has done {steps:,} steps, which is no less than {_named(config.train.length)}:"
            " nothing was changed; name a greater length, or an earlier checkpoint with --from"
        )


def _how_to_go_on(training: Training) -> str:
    command = f"`charnn train --resume {training.run.path} --set"
    if training.is_out_of_patience:
        why = f"{training.stale} validations brought no new best"
        return f"{why}; {command} train.patience={training.stale + 1}` or a larger number goes on"
    length = training.options.length
    (unit, value), *_ = length.model_dump(exclude_none=True).items()
    return f"{_named(length)} are done; {command} train.{unit}={2 * value:g}` goes on to twice as much"


def _named(length: Length) -> str:
    (unit, value), *_ = length.model_dump(exclude_none=True).items()
    return f"{value:g} {unit}"


def _continued(continuation: Continuation, own: Config, recorded: Config) -> Config:
    """The configuration to go on with.

    Raises:
        UsageError: it differs from the recorded one in keys that have an effect on the weights; they are named.
    """
    source = continuation.config or str(continuation.run.path / CONFIG)
    config = read_config(source, continuation.settings, environment={})
    # The text that the weights were trained on, whatever config.yaml says now.
    corpus = config.corpus.model_copy(update={"sha256": recorded.corpus.sha256})
    schedule = SCHEDULES.of(config.schedule)
    schedule = schedule.model_copy(update={"horizon": schedule.horizon or SCHEDULES.of(own.schedule).horizon})
    config = replace(config, corpus=corpus, schedule=schedule)
    old, new = recorded.keys(), config.keys()
    changed = [
        f"{key}: {_shown(old.get(key))} → {_shown(new.get(key))}"
        for key in sorted({*old, *new})
        if (old.get(key) or new[key]).effect is Effect.WEIGHTS and _value(old.get(key)) != _value(new.get(key))
    ]
    if changed:
        raise UsageError(
            f"{continuation.run.path} cannot go on with another configuration; these keys differ:\n  "
            + "\n  ".join(changed)
            + "\nwithout them, or as a new training, it can; length, reports, samples and checkpoints may change"
        )
    return config


def _value(key: Key | None) -> Any:
    return None if key is None else key.value


def _shown(key: Key | None) -> str:
    value = _value(key)
    return "null" if value is None else str(list(value) if isinstance(value, tuple) else value)

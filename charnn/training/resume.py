"""Going on with a training from a checkpoint, to the same bits as if it had never stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from charnn.configuration.config import Config, Key
from charnn.configuration.reading import config_of, read_config
from charnn.configuration.types import Effect
from charnn.errors import RunError, UsageError
from charnn.networks.devices import find_device
from charnn.runs.layout import CONFIG
from charnn.runs.run import Run
from charnn.tasks import read_task
from charnn.training.loop import Training
from charnn.training.observer import Observer
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

    Raises:
        UsageError: the configuration differs in a key that has an effect on the weights, or the text is another.
        RunError: the run or the checkpoint is incomplete or damaged.
    """
    processes = join(find_device(continuation.run.config().train.device))
    run = continuation.run
    if run.config().corpus.is_absent:
        raise RunError(
            f"{run.path} was imported, and has no training to go on with: `charnn train --config FILE --init"
            f" {run.path / 'last.safetensors'}` starts one from its weights"
        )
    checkpoint = run.checkpoint(continuation.step)
    recorded = checkpoint.document.get("config")
    if not isinstance(recorded, dict):
        raise RunError(f"{run.path} cannot go on: its checkpoint holds no configuration")
    own = run.config()
    config = _continued(continuation, own, config_of({"format": 0, **recorded}, f"the checkpoint of {run.path}"))
    task = read_task(config)
    task.check_vocabulary(run)
    training = Training(build(config, task, processes), task, run, observer)
    training.load(checkpoint)
    run.write_config(config)
    observer.note(summary(task, training.trainer, run.path))
    observer.note(f"going on after step {training.trainer.steps:,}")
    return training


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

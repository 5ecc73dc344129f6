"""Going on with a training from a checkpoint, to the same bits as if it had never stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from charnn.bptt.recurrence import describe
from charnn.configuration.config import Config, read_config
from charnn.data.running_text.dataset import read_dataset
from charnn.errors import RunError, UsageError
from charnn.networks.devices import find_device
from charnn.runs.run import Run
from charnn.training.loop import Observer, Training
from charnn.training.processes import join
from charnn.training.start import build, summary

# What may change between a training and its continuation: how long it is, what it reports, how it recovers, and
# where its text and its device are. Everything else decides what the weights become.
MAY_CHANGE = {
    "corpus.source",
    "schedule.horizon",
    *(
        f"train.{key}"
        for key in (
            "epochs",
            "steps",
            "minutes",
            "device",
            "report_every",
            "validate_every",
            "checkpoint_every",
            "checkpoint_minutes",
            "on_divergence",
            "rewinds",
            "rewind_factor",
            "sample_at",
            "sample_every",
            "sample_length",
            "sample_temperature",
        )
    ),
}


@dataclass(frozen=True)
class Continuation:
    """Which training goes on, and how.

    Attributes:
        step: the checkpoint to go on from; the newest where none is named.
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
        UsageError: the configuration differs in more than may change, or the text is another.
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
    config = _continued(continuation, run.config(), recorded)
    dataset = read_dataset(**config.corpus.model_dump())
    if dataset.vocabulary != run.vocabulary():
        raise RunError(f"{run.path} is damaged: its vocabulary is not that of its text")
    training = Training(build(config, dataset, processes), dataset, run, observer)
    training.load(checkpoint)
    run.write_config(config)
    model = training.trainer.model
    used = describe(config.bptt.engine, model.stack()[0], config.train.precision)
    observer.note(summary(config, dataset, model, used, run.path))
    observer.note(f"going on after step {training.trainer.steps:,}")
    return training


def _continued(continuation: Continuation, own: Config, recorded: Mapping[str, Any]) -> Config:
    """The configuration to go on with.

    Raises:
        UsageError: it differs from the recorded one in more than may change; every such key is named.
    """
    source = continuation.config or str(continuation.run.path / "config.yaml")
    config = read_config(source, continuation.settings, environment={})
    corpus = config.corpus.model_copy(update={"sha256": own.corpus.sha256})
    schedule = config.schedule.model_copy(update={"horizon": config.schedule.horizon or own.schedule.horizon})
    config = replace(config, corpus=corpus, schedule=schedule)
    old, new = _flat(recorded), _flat(config.values())
    changed = [
        f"{key}: {old.get(key, 'null')} → {new.get(key, 'null')}"
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key) and key not in MAY_CHANGE
    ]
    if changed:
        raise UsageError(
            f"{continuation.run.path} cannot go on with another configuration; these keys differ:\n  "
            + "\n  ".join(changed)
            + "\nwithout them, or as a new training, it can; length, reports, samples and checkpoints may change"
        )
    return config


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{section}.{key}": value for section, keys in values.items() for key, value in keys.items()}

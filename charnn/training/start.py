"""From a configuration to a training that is ready to run; nothing is written before everything was checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from charnn.bptt.recurrence import describe
from charnn.configuration.config import Config
from charnn.data.running_text.dataset import Dataset, read_dataset
from charnn.data.running_text.lanes import Lanes
from charnn.errors import UsageError
from charnn.networks.devices import find_device
from charnn.networks.initialisation import initialise
from charnn.networks.language_model import CharacterModel
from charnn.networks.weights import load_weights
from charnn.runs.places import Place
from charnn.runs.run import SPOOLED, Run
from charnn.training.loop import Observer, Training
from charnn.training.processes import Processes, join
from charnn.training.trainer import Trainer


def start(
    config: Config,
    place: Place,
    observer: Observer,
    init: Path | None = None,
    first: Callable[[Dataset], None] = lambda dataset: None,
) -> Training:
    """Read the text, build the model, make the run folder.

    Args:
        place: where the run will be.
        init: weights to start from, instead of random ones.
        first: is called with the text before anything is written.

    Raises:
        CharnnError: something of it cannot be had; no file was written.
    """
    processes = join(find_device(config.train.device))
    if processes.count > 1 and config.corpus.source == "-":
        raise UsageError("several processes cannot share standard input: put the text into a file")
    processes.on_first(place.check)
    dataset = read_dataset(**config.corpus.model_dump())
    trainer = build(config, dataset, processes)
    used = describe(config.bptt.engine, trainer.model.stack()[0], config.train.precision)
    if init is None:
        initialise(trainer.model, config.model.initialisation, config.train.seed)
    else:
        load_weights(trainer.model, init)
    processes.on_first(lambda: first(dataset))
    run = Run(processes.on_first(lambda: place.create().path), writes=processes.rank == 0)
    resolved = _resolved(config, dataset, run)
    trainer.config = resolved
    run.write("vocabulary.json", dataset.vocabulary.to_json())
    run.write_config(resolved)
    observer.note(summary(resolved, dataset, trainer.model, used, run.path))
    return Training(trainer, dataset, run, observer)


def build(config: Config, dataset: Dataset, processes: Processes) -> Trainer:
    """A model of the configured shape, and what trains it, where it is to be trained.

    Raises:
        CharnnError: the device is missing, or the text is too short.
    """
    model = CharacterModel(len(dataset.vocabulary), config.model).to(getattr(torch, config.train.dtype))
    own = processes.own_lanes(config.train.lanes) if processes.count > 1 else None
    lanes = Lanes(dataset.part("train"), config.train.lanes, own)
    return Trainer(config, model.to(processes.device(config.train.device)), lanes, processes)


def _resolved(config: Config, dataset: Dataset, run: Run) -> Config:
    """The configuration that repeats this run from anywhere: the text named for good.

    A text that no file will hold (standard input, or a file of the run that this one replaces) is kept in the run.
    """
    source = config.corpus.source
    if source is not None and (source == "-" or run.path.absolute() in Path(source).parents):
        source = str((run.path / SPOOLED).absolute())
        dataset.text.copy_to(Path(source))
    corpus = config.corpus.model_copy(update={"source": source, "sha256": dataset.text.sha256})
    horizon = config.schedule.horizon or config.train.length
    return replace(config, corpus=corpus, schedule=config.schedule.model_copy(update={"horizon": horizon}))


def summary(config: Config, dataset: Dataset, model: CharacterModel, used: str, path: Path) -> str:
    """What is trained on what, how and where, in two lines."""
    parts = ", ".join(f"{name} {len(span):,}" for name, span in dataset.parts.items() if len(span))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    layers = f"{config.model.layers} × " if config.model.layers > 1 else ""
    return (
        f"{dataset.text.name}: {len(dataset.ids):,} {dataset.vocabulary.unit}s ({parts}), "
        f"{len(dataset.vocabulary)} symbols\n"
        f"{config.model.cell} {layers}{config.model.hidden}: {parameters:,} parameters, {config.train.dtype}, "
        f"{model.b_q.device}, {torch.get_num_threads()} threads, {used} → {path}"
    )

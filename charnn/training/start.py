"""From a configuration to a training that is ready to run; nothing is written before everything was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from charnn.configuration.config import Config
from charnn.errors import UsageError
from charnn.networks.devices import find_device
from charnn.networks.parameters.initialisation import initialise
from charnn.runs.layout import VOCABULARY
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.tasks import Task, read_task
from charnn.training.initial import Initial
from charnn.training.loop import Training
from charnn.training.observers import Observer
from charnn.training.processes import Processes, join
from charnn.training.schedules import SCHEDULES
from charnn.training.trainer import Trainer


@contextmanager
def started(
    config: Config,
    destination: Destination,
    observer: Observer,
    init: Initial | None = None,
    first: Callable[[Task], None] = lambda task: None,
) -> Iterator[Training]:
    """Read the data, build the network, make the run folder, and keep it locked in the block.

    Args:
        config: what is trained on what.
        destination: where the run will be.
        observer: looks on.
        init: weights to start from, instead of random ones.
        first: is called with the task before anything is written.

    Raises:
        CharnnError: something of it is not available; no file was written.
    """
    processes = join(find_device(config.train.device))
    if processes.count > 1 and config.corpus.source == "-":
        raise UsageError("several processes cannot share standard input: put the text into a file")
    if config.train.patience is not None and not config.corpus.has_validation:
        raise UsageError("`train.patience` counts validations, and `corpus.split` leaves no validation part")
    processes.on_first(destination.check)
    task = read_task(config)
    notes = init.prepare(task) if init else []
    trainer = build(config, task, processes)
    trainer.execution.describe(trainer.network.layers[0])
    initialise(trainer.network, config.model.initialisation, config.train.seed)
    if init is not None:
        init.fill(trainer.network, config.model, task.vocabularies)
    processes.on_first(lambda: first(task))
    with ExitStack() as folder:
        path = processes.on_first(lambda: folder.enter_context(destination.created()).path)
        run = Run(path, writes=processes.rank == 0)
        trainer.config = task.config = _resolved(task, run)
        run.write(VOCABULARY, task.vocabularies.to_json())
        run.write_config(trainer.config)
        for line in [*notes, summary(task, trainer, run.path)]:
            observer.note(line)
        yield Training(trainer, task, run, observer)


def build(config: Config, task: Task, processes: Processes) -> Trainer:
    """A network of the configured shape, and what trains it, where it is to be trained.

    Raises:
        CharnnError: the device is missing, or the training part is too short.
    """
    if config.train.threads is not None:
        torch.set_num_threads(config.train.threads)
    own = processes.own_lanes(config.train.lanes) if processes.count > 1 else None
    network = task.network().to(processes.device(config.train.device))
    return Trainer(config, network, task.loader(own, network.device), processes)


def _resolved(task: Task, run: Run) -> Config:
    """The configuration that repeats this run from anywhere: the data and the horizon are named for good."""
    config = task.pinned(run.path)
    horizon = SCHEDULES.of(config.schedule).horizon or config.train.length
    return replace(config, schedule=config.schedule.model_copy(update={"horizon": horizon}))


def summary(task: Task, trainer: Trainer, path: Path) -> str:
    """What is trained on what, how and where, in two lines."""
    config, network = trainer.config, trainer.network
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return (
        f"{task.describe()}\n"
        f"{config.model.shown}: {parameters:,} parameters, {config.train.dtype}, {network.device}, "
        f"{torch.get_num_threads()} threads, {trainer.execution.describe(network.layers[0])} → {path}"
    )

"""From a configuration to a training that is ready to run; nothing is written before everything was checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from charnn.atomic import write_atomically
from charnn.config import Config
from charnn.devices import find_device
from charnn.initialisation import initialise
from charnn.model import CharacterModel
from charnn.runs import SPOOLED, Place, Run, load_weights
from charnn.text.dataset import Dataset, read_dataset
from charnn.text.lanes import Lanes
from charnn.training.loop import Observer, Training
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
    place.check()
    device = find_device(config.train.device)
    dataset = read_dataset(**config.corpus.model_dump())
    model = CharacterModel(len(dataset.vocabulary), config.model).to(getattr(torch, config.train.dtype))
    if init is None:
        initialise(model, config.model.initialisation, config.train.seed)
    else:
        load_weights(model, init)
    lanes = Lanes(dataset.part("train"), config.train.lanes)
    trainer = Trainer(config, model.to(device), lanes)
    first(dataset)
    run = place.create()
    run.write("vocabulary.json", dataset.vocabulary.to_json())
    run.write("config.yaml", _resolved(config, dataset, run).to_yaml())
    observer.note(_summary(config, dataset, model, run.path, device))
    return Training(trainer, dataset, run, observer)


def _resolved(config: Config, dataset: Dataset, run: Run) -> Config:
    """The configuration that repeats this run from anywhere: the text named for good.

    A text that no file will hold (standard input, or a file of the run that this one replaces) is kept in the run.
    """
    source = config.corpus.source
    if source is not None and (source == "-" or run.path.absolute() in Path(source).parents):
        source = str((run.path / SPOOLED).absolute())
        write_atomically(Path(source), dataset.text.data)
    corpus = config.corpus.model_copy(update={"source": source, "sha256": dataset.text.sha256})
    return replace(config, corpus=corpus)


def _summary(config: Config, dataset: Dataset, model: CharacterModel, path: Path, device: torch.device) -> str:
    parts = ", ".join(f"{name} {len(span):,}" for name, span in dataset.parts.items() if len(span))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    layers = f"{config.model.layers} × " if config.model.layers > 1 else ""
    return (
        f"{dataset.text.name}: {len(dataset.ids):,} {dataset.vocabulary.unit}s ({parts}), "
        f"{len(dataset.vocabulary)} symbols\n"
        f"{config.model.cell} {layers}{config.model.hidden}: {parameters:,} parameters, {config.train.dtype}, "
        f"{device}, {torch.get_num_threads()} threads → {path}"
    )

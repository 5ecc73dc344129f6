"""From a configuration to a training that is ready to run; nothing is written before everything was checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from charnn.config import Config
from charnn.devices import find_device
from charnn.initialisation import initialise
from charnn.model import CharacterModel
from charnn.runs import create_run, load_weights
from charnn.text.dataset import Dataset, read_dataset
from charnn.text.lanes import Lanes
from charnn.training.loop import Observer, Training
from charnn.training.trainer import Trainer

_SPOOLED = "text.txt"


@runtime_checkable
class Narrator(Observer, Protocol):
    """An observer that can also be told things."""

    def note(self, text: str) -> None:
        """A line for whoever looks on."""


def start(config: Config, path: Path, observer: Narrator, init: Path | None = None) -> Training:
    """Read the text, build the model, make the run folder.

    Args:
        path: where the run will be.
        init: weights to start from, instead of random ones.

    Raises:
        CharnnError: something of it cannot be had; no file was written.
    """
    device = find_device(config.train.device)
    dataset = read_dataset(**config.corpus.model_dump())
    model = CharacterModel(len(dataset.vocabulary), config.model).to(getattr(torch, config.train.dtype))
    if init is None:
        initialise(model, config.model.initialisation, config.train.seed)
    else:
        load_weights(model, init)
    lanes = Lanes(dataset.part("train"), config.train.lanes)
    trainer = Trainer(config, model.to(device), lanes)
    run = create_run(path)
    run.write("vocabulary.json", dataset.vocabulary.to_json())
    if config.corpus.source == "-":
        (path / _SPOOLED).write_bytes(dataset.text.data)
    run.write("config.yaml", _resolved(config, dataset, path).to_yaml())
    observer.note(_summary(config, dataset, model, path, device))
    return Training(trainer, dataset, run, observer)


def _resolved(config: Config, dataset: Dataset, path: Path) -> Config:
    """The configuration that repeats this run from anywhere: the text named for good."""
    source = str((path / _SPOOLED).absolute()) if config.corpus.source == "-" else config.corpus.source
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

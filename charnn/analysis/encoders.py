"""Encoders, trained or fresh, with the rows of a table that they read.

Everything is computed in float64, as for networks with a running text (`charnn.analysis.specimens`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from charnn.batches.batch import ExampleBatch, Padded
from charnn.configuration.config import Config
from charnn.data.examples.sequences import Sequences
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import UsageError
from charnn.networks.classifier import Classifier
from charnn.networks.devices import find_device
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.network import Network
from charnn.networks.parameters.initialisation import initialise
from charnn.networks.stack import Stack
from charnn.runs.run import Run
from charnn.tasks import read_task, trained_network
from charnn.tasks._examples import ExampleTask, examples_of_run


@dataclass(frozen=True)
class EncoderSpecimen:
    """A network that reads the rows of a table, and these rows.

    Attributes:
        name: what tables and pictures call the network.
        config: its configuration.
        network: the network, in float64.
        task: what it does.
        rows: the numbers of the rows that it can read.
        text: what messages call them.
    """

    name: str
    config: Config
    network: Classifier | EncoderDecoder
    task: ExampleTask
    rows: NDArray[np.int64]
    text: str

    @property
    def stack(self) -> Stack:
        """The encoder."""
        return self.network.encoder if isinstance(self.network, EncoderDecoder) else self.network

    @property
    def vocabulary(self) -> Vocabulary:
        """The symbols that the encoder reads."""
        return self.task.vocabularies.input

    def read(self, row: int) -> Ids:
        """The symbols of a row in the order in which the encoder reads them."""
        ids = self.task.examples.inputs[row].astype(np.uint32)
        reverses = isinstance(self.network, EncoderDecoder) and self.network.reverse_source
        return ids[::-1].copy() if reverses else ids

    def batch(self, rows: NDArray[np.int64]) -> ExampleBatch:
        """Some rows with what is asked for, as a network reads them."""
        examples, device = self.task.examples, self.network.device
        return ExampleBatch(
            lanes=len(rows),
            own=range(len(rows)),
            losses=len(rows),
            divisor=1.0,
            epoch=0.0,
            inputs=padded(examples.inputs, rows, device),
            targets=padded(examples.targets, rows, device),
        )


def trained_encoder(
    run: Run, source: str | None = None, weights: str | None = None, device: str = "cpu"
) -> EncoderSpecimen:
    """The network of a run on a table, by default with the validation part of its own rows (or the training part).

    Args:
        run: the run.
        source: another table with the same columns.
        weights: `best` or `last`; by default the best if there are any.
        device: the name of a device, or `auto`.

    Raises:
        UsageError: the network has no encoder, or the device is not there.
        InputError: the table cannot be had.
    """
    task, part = examples_of_run(run, source)
    network = trained_network(run, weights, find_device(device))
    text = source or f"the {part} part of {task.examples.text.name}"
    return _specimen(run.path.resolve().name, run.config(), network, task, part, text)


def fresh_encoders(configs: Sequence[tuple[str, Config]]) -> list[EncoderSpecimen]:
    """The networks that trainings of these configurations would start from, with their rows for training.

    Raises:
        UsageError: a network has no encoder.
        InputError: a table cannot be read.
    """
    specimens = []
    for name, config in configs:
        task = read_task(config)
        assert isinstance(task, ExampleTask)
        network = task.network()
        initialise(network, config.model.initialisation, config.train.seed)
        specimens.append(_specimen(name, config, network.eval(), task, "train", task.examples.text.name))
    return specimens


def _specimen(name: str, config: Config, network: Network, task: ExampleTask, part: str, text: str) -> EncoderSpecimen:
    if not isinstance(network, Classifier | EncoderDecoder):
        raise UsageError(f"{name} does {task.name}, and reads a label and not a text: it has no encoder to look into")
    return EncoderSpecimen(name, config, network.double(), task, task.examples.known(part), text)


def padded(texts: Sequences, rows: NDArray[np.int64], device: torch.device) -> Padded:
    """Some rows side by side, on a device."""
    ids, lengths = texts.padded(rows), texts.lengths[rows]
    return Padded(torch.from_numpy(ids).to(device), torch.from_numpy(lengths).to(device))

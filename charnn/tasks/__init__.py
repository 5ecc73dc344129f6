"""Tasks: what a network reads, and what it is asked for. One file a task.

A task has its data, its network, its batches, its scores, and an example of what its network does. A file imports torch
only where it is called, so that a configuration is read without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from charnn.configuration.families import Family, name_of
from charnn.configuration.types import Part

if TYPE_CHECKING:  # a configuration is read without torch
    import torch

    from charnn.batches.batch import Batch
    from charnn.batches.loader import Loader
    from charnn.configuration.config import Config
    from charnn.data.text.vocabulary import Vocabulary
    from charnn.networks.network import Network
    from charnn.networks.stack import States


class Task(ABC):
    """A task on its data.

    Attributes:
        config: the configuration that it was read by.
        name: its name in YAML: that of the file which defines it.
        Options: its keys in the section `task`.
    """

    name: ClassVar[str]
    Options: ClassVar[type[Part]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = name_of(cls)
        if "Options" not in vars(cls):
            cls.Options = type("Options", (Part,), {"__module__": cls.__module__})

    def __init__(self, config: Config) -> None:
        """Read the data that a configuration names.

        Raises:
            InputError: it is not there, or cannot be used.
        """
        self.config = config

    @abstractmethod
    def network(self) -> Network:
        """A network for the data, all of whose weights are 0."""

    @abstractmethod
    def loader(self, own: range | None, device: torch.device) -> Loader:
        """The batches of the training part.

        Args:
            own: which lanes this process reads; None: all.
            device: where the batches are put.

        Raises:
            InputError: the training part is too short.
        """

    @abstractmethod
    def scores(self, network: Network) -> dict[str, float | None]:
        """The scores on the validation part, by the names that they have in `metrics.jsonl`; none without such a part.

        `validation_loss`, in nats, is one of them; the lowest is the best.

        Raises:
            DivergedError: the loss is not finite.
        """

    @abstractmethod
    def example(self, network: Network, states: States, batch: Batch, step: int) -> dict[str, Any]:
        """What the network does, as a row of `samples.jsonl`: `prime` and `text`.

        Args:
            network: as it is after `step` updates.
            states: the state that the next batch starts from.
            batch: the next batch.
            step: how many updates were done.
        """

    @property
    @abstractmethod
    def uniform_loss(self) -> float:
        """The loss in nats of a guess by which everything is equally likely."""

    @abstractmethod
    def pinned(self, folder: Path) -> Config:
        """The configuration with its data named for good, so that it repeats the training from anywhere.

        Data that no file will hold (standard input, or a file of the run that this one replaces) is copied.

        Args:
            folder: the folder of the run, for such a copy.
        """

    @abstractmethod
    def baseline(self) -> dict[str, Any]:
        """The best n-gram model of the training part, and its scores on the validation part.

        `model` is its name, `order` its order; `nats`, `bpc` and `perplexity` are the scores.

        Raises:
            InputError: the training part is too short.
        """

    @property
    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """The symbols that the ids of the network stand for."""

    @abstractmethod
    def take_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Read the data in the ids of another vocabulary.

        Raises:
            UnknownSymbolsError: the data has symbols that are not in it.
        """

    @abstractmethod
    def describe(self) -> str:
        """The data in one line."""


TASKS = Family("task", Task)


def read_task(config: Config) -> Task:
    """The task that a configuration names, on its data.

    Raises:
        InputError: the data is not there, or cannot be used.
    """
    return TASKS.load(config.task.name)(config)

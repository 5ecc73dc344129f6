"""Tasks: what a network reads, and what it is asked for. One file a task.

A task has its data, its network, its batches, its scores, and an example of what its network does. A file imports torch
only where it is called, so that a configuration is read without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from charnn.configuration.families import Family, name_of
from charnn.configuration.sections.corpus import Corpus, Source
from charnn.configuration.types import Part
from charnn.data.sources.opening import lasts
from charnn.errors import DivergedError, UsageError, one_of
from charnn.runs.layout import MIXTURE, SPOOLED

if TYPE_CHECKING:  # a configuration is read without torch
    import torch

    from charnn.batches.batch import Batch
    from charnn.batches.loader import Loader
    from charnn.configuration.config import Config
    from charnn.data.text.text import Text
    from charnn.data.text.vocabularies import Vocabularies
    from charnn.inference.loading import Weights
    from charnn.mixture.kept import Kept
    from charnn.networks.network import Network
    from charnn.networks.stack import States
    from charnn.runs.run import Run
    from charnn.tasks._predictor import Predictor


class Task(ABC):
    """A task on its data.

    Attributes:
        config: the configuration that it was read by.
        name: its name in YAML: that of the file which defines it.
        Options: its keys in the section `task`.
        Corpus: the keys of its section `corpus`.
        defaults: the parts of other sections that it has without a choice, such as the strategy in `bptt`.
        counted: what there is one loss for each of, in the plural.
        has_baseline: whether counting n-grams does the task too.
        has_mixture: whether its network can be mixed with n-grams.
        searches: whether answers are searched for, so that a beam can be wider.
        measures: what the best network can be chosen by, and whether more of it is better; the first one, where
            `train.best_by` does not say.
    """

    name: ClassVar[str]
    Options: ClassVar[type[Part]]
    Corpus: ClassVar[type[Source]] = Corpus
    defaults: ClassVar[Mapping[str, str]] = {}
    counted: ClassVar[str] = "characters"
    has_baseline: ClassVar[bool] = True
    has_mixture: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    measures: ClassVar[Mapping[str, bool]] = {"loss": False}

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

    @classmethod
    @abstractmethod
    def new_network(cls, config: Config, vocabularies: Vocabularies) -> Network:
        """A network of a configuration for these symbols, all of whose weights are 0."""

    @classmethod
    @abstractmethod
    def of_arrays(cls, config: Config, vocabularies: Vocabularies, weights: Weights) -> Any:
        """The network of `charnn.inference` that has these weights."""

    def network(self) -> Network:
        """A network for the data, all of whose weights are 0."""
        return self.new_network(self.config, self.vocabularies)

    @abstractmethod
    def loader(self, own: range | None, device: torch.device) -> Loader:
        """The batches of the training part.

        Args:
            own: which lanes this process reads; None: all.
            device: where the batches are put.

        Raises:
            InputError: the training part is too short.
        """

    @classmethod
    def check_beam(cls, beam: int | None) -> None:
        """Refuse a beam where nothing is searched for.

        Raises:
            UsageError: one is named.
        """
        if beam is not None and not cls.searches:
            raise UsageError(f"--beam is how wide the search for a target is, and {cls.name} has none: leave it out")

    def finish(self, run: Run) -> str | None:
        """What a training leaves in its run beside the weights, once it is over: a mixture; in words, or None.

        One that is there already is kept: a training that goes on removes it first.
        """
        if not self.config.train.mixture or (run.path / MIXTURE).exists():
            return None
        return f"mixed with {self.mix(run).told}"

    @classmethod
    def mix(cls, run: Run, order: int | None = None) -> Kept:
        """Give a run a mixture of its network with the n-grams of its training part.

        Args:
            run: the run; its data is at hand.
            order: the length of the longest n-grams; None: the task chooses it.

        Raises:
            InputError: the data cannot be had, or is too little.
            UsageError: the task has no such mixture.
        """
        raise UsageError(f"{run.path} does {cls.name}, and no n-grams are mixed with it")

    @classmethod
    def mixed(cls, run: Run, network: Any) -> Any:
        """The network of a run with the n-grams that `mix` gave the run, for what reads networks of tables.

        Raises:
            UsageError: the run has none, or the task has no such mixture.
            RunError: their file is damaged.
        """
        raise UsageError(f"{run.path} does {cls.name}, and no n-grams are mixed with it: leave --mix out")

    @abstractmethod
    def scores(self, network: Network) -> dict[str, float | None]:
        """The scores on the validation part, by the names that they have in `metrics.jsonl`; none without such a part.

        Each of the task's measures is one of them, as `validation_loss` is, in nats.

        Raises:
            DivergedError: the loss is not finite.
        """

    @classmethod
    def measure_of(cls, config: Config) -> str:
        """The measure that a configuration names, or the task's first."""
        return config.train.best_by or next(iter(cls.measures))

    @property
    def best_by(self) -> str:
        """The measure that the best network is chosen by.

        Raises:
            UsageError: the task has no such measure.
        """
        chosen = self.measure_of(self.config)
        if chosen not in self.measures:
            known = one_of(chosen, [*self.measures])
            raise UsageError(f"`train.best_by`: {self.name} is not measured by `{chosen}`{known}")
        return chosen

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

    @property
    @abstractmethod
    def text(self) -> Text:
        """The bytes of its data."""

    def pinned(self, folder: Path) -> Config:
        """The configuration with its data named for good, so that it repeats the training from anywhere.

        Data that no file will hold (standard input, or a file of the run that this one replaces) is copied.

        Args:
            folder: the folder of the run, for such a copy.
        """
        source = self.config.corpus.source
        if source is not None and (not lasts(source) or folder.absolute() in Path(source).parents):
            source = str((folder / SPOOLED).absolute().with_suffix(self.spooled_as))
            self.text.copy_to(Path(source))
        corpus = self.config.corpus.model_copy(update={"source": source, "sha256": self.text.sha256})
        return replace(self.config, corpus=corpus)

    @property
    def spooled_as(self) -> str:
        """The ending of a copy of its data, which says how it is written."""
        return ".txt"

    @abstractmethod
    def baseline(self, part: str = "validation") -> dict[str, Any]:
        """The best n-gram model of the training part, and its scores on another part.

        `model` is its name, `order` its order; `nats` and others are the scores.

        Raises:
            InputError: the training part is too short.
            UsageError: there is no such model for the task.
        """

    @property
    @abstractmethod
    def vocabularies(self) -> Vocabularies:
        """The symbols that the ids of the network stand for."""

    @abstractmethod
    def take_vocabularies(self, vocabularies: Vocabularies) -> None:
        """Read the data in the ids of other vocabularies.

        Raises:
            UnknownSymbolsError: the data has symbols that are not in them, and cannot do without.
        """

    @abstractmethod
    def describe(self) -> str:
        """The data in one line."""

    @classmethod
    def predictor(cls, network: Any, config: Config, vocabularies: Vocabularies) -> Predictor:
        """What answers to texts with a trained network.

        Raises:
            UsageError: the task has no answer to a text.
        """
        raise UsageError(f"a run that does {cls.name} has no answer to a text: ask it with {cls.Corpus.asked_with}")


TASKS = Family("task", Task)


def read_task(config: Config) -> Task:
    """The task that a configuration names, on its data.

    Raises:
        InputError: the data is not there, or cannot be used.
    """
    return TASKS.load(config.task.name)(config)


def trained_network(run: Run, weights: str | None, device: torch.device) -> Network:
    """The network of a run, ready to be read with.

    Args:
        run: the run.
        weights: `best` or `last`; without either the best if there are any.
        device: where it is put.

    Raises:
        RunError: the run is incomplete or damaged.
        DivergedError: the weights are not finite.
    """
    from charnn.networks.parameters.filling import fill

    config = run.config()
    network = TASKS.load(config.task.name).new_network(config, run.vocabularies())
    tensors, path = run.weights(weights)
    with offering_others(path):
        fill(network, tensors, str(path))
    return network.to(device).eval()


def reading_network(run: Run, weights: str | None, device: str) -> Any:
    """The network of a run, to be read with: by kernels alone where they can do it, and then without torch.

    Args:
        run: the run.
        weights: as for `trained_network`.
        device: the name of a device, or `auto`.

    Raises:
        UsageError: the device is not there.
        RunError: the run is incomplete or damaged.
        DivergedError: the weights are not finite.
    """
    from charnn.inference.loading import Weights, has_kernels, may_have_cuda

    config = run.config()
    on_cpu = device == "cpu" or (device == "auto" and not may_have_cuda())
    if not on_cpu or not has_kernels(config.model):
        from charnn.networks.devices import find_device

        return trained_network(run, weights, find_device(device))
    arrays, path = run.arrays(weights)
    with offering_others(path):
        found = Weights(config.model, arrays, config.train.dtype, str(path))
        return TASKS.load(config.task.name).of_arrays(config, run.vocabularies(), found)


@contextmanager
def offering_others(path: Path) -> Iterator[None]:
    """Where weights have diverged, the message names the run's other ones."""
    try:
        yield
    except DivergedError as error:
        other = path.with_stem("last" if path.stem == "best" else "best")
        hint = f"; --weights {other.stem} may be sound" if other.exists() else ""
        raise DivergedError(f"{error}{hint}") from None

"""What the tasks on tables of examples share: rows, their parts, and batches of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.config import Config
from charnn.configuration.sections.corpus import Table
from charnn.configuration.units import SymbolUnit
from charnn.data.examples.dataset import Examples, read_table
from charnn.data.text.text import Text
from charnn.data.text.vocabularies import Vocabularies
from charnn.errors import InputError, UsageError
from charnn.evaluation.examples import Evaluation
from charnn.tasks import Task, read_task

if TYPE_CHECKING:  # a configuration is read without torch
    import torch

    from charnn.batches.examples import Examples as ExampleLoader
    from charnn.networks.network import Network
    from charnn.runs.run import Run


class ExampleTask(Task):
    """A task on the rows of a table.

    Attributes:
        examples: the rows, their vocabularies and their parts.
        loss_at_end: whether a row's only loss stands at its end.
    """

    defaults: ClassVar[Mapping[str, str]] = {"bptt": "full"}
    loss_at_end: ClassVar[bool] = False

    def __init__(self, config: Config) -> None:
        """Read the table.

        Raises:
            InputError: it is not there, or cannot be used.
            UsageError: a key of the truncation strategy has no meaning for rows.
        """
        super().__init__(config)
        from charnn.bptt.strategies import STRATEGIES

        if config.train.hold_out:
            raise UsageError("`train.hold_out` is for the Markov model of a running text: leave it out")
        if config.train.mixture and not self.has_mixture:
            raise UsageError(f"`train.mixture` is for networks that n-grams are mixed with, not for {self.name}")
        strategy = STRATEGIES.of(config.bptt.strategy)
        for key in strategy.of_lanes:
            if getattr(strategy, key) != type(strategy).model_fields[key].default:
                raise UsageError(f"`bptt.{key}` is for the lanes of a running text, and rows have none: leave it out")
        assert isinstance(config.corpus, Table)
        self.examples: Examples = read_table(config.corpus, *self.units(config.corpus))

    @classmethod
    @abstractmethod
    def units(cls, corpus: Table) -> tuple[SymbolUnit, SymbolUnit]:
        """What inputs and targets are cut into."""

    @abstractmethod
    def evaluate(self, network: Any, part: str, beam: int = 1) -> Evaluation:
        """The scores of a part, and what they are made of.

        Args:
            network: what is asked.
            part: `train`, `validation` or `test`.
            beam: how wide the search for an answer is, where there is one.

        Raises:
            DivergedError: the loss is not finite.
        """

    def scores(self, network: Network) -> dict[str, float | None]:
        """See `Task`."""
        if not len(self.examples.parts["validation"]):
            return {}
        values = self.evaluate(network, "validation").values
        return {f"validation_{name}": value for name, value in values.items()}

    @abstractmethod
    def losses(self) -> NDArray[np.int64]:
        """How many losses each row for training has."""

    def weights(self) -> NDArray[np.float64] | None:
        """What the loss of each row for training is multiplied by; None where all are 1."""
        return None

    def loader(self, own: range | None, device: torch.device) -> ExampleLoader:
        """See `Task`.

        Raises:
            InputError: the rows for training have one label only, or the validation part has no row that can be scored.
        """
        import torch

        from charnn.batches.examples import Examples as ExampleLoader
        from charnn.batches.examples import Rows
        from charnn.bptt.strategies import STRATEGIES

        examples, options = self.examples, self.config.train
        for known in self.vocabularies:
            if known is not None and known.unit == "label" and len(known) == 1:
                only = known.symbols[0].decode()
                raise InputError(f"{self.text.name} has one label only, {only!r}: there is nothing to tell apart")
        examples.check_known("validation", f"the validation part of {self.text.name}")
        rows = Rows(
            examples.inputs, examples.targets, examples.parts["train"], self.losses(), self.loss_at_end, self.weights()
        )
        strategy, dtype = STRATEGIES.of(self.config.bptt.strategy), getattr(torch, options.dtype)
        return ExampleLoader(rows, options.lanes, own, strategy, options.seed, options.loss, device, dtype)

    def row_shown(self, step: int) -> int:
        """The row that the example after `step` updates is of: one of validation, or else of training."""
        rows = self.examples.known("validation")
        if not len(rows):
            rows = self.examples.known("train")
        return int(rows[step % len(rows)])

    @property
    def text(self) -> Text:
        """See `Task`."""
        return self.examples.text

    @property
    def spooled_as(self) -> str:
        """See `Task`."""
        suffix = PurePath(self.text.name).suffix.lower()
        return suffix if suffix in (".csv", ".jsonl") else ".tsv"

    @property
    def vocabularies(self) -> Vocabularies:
        """See `Task`."""
        return self.examples.vocabularies

    def take_vocabularies(self, vocabularies: Vocabularies) -> None:
        """See `Task`."""
        self.examples = self.examples.in_vocabularies(vocabularies)

    def describe(self) -> str:
        """See `Task`."""
        examples = self.examples
        parts = ", ".join(f"{name} {len(rows):,}" for name, rows in examples.parts.items() if len(rows))
        inputs, targets = examples.vocabularies
        assert targets is not None
        sizes = [f"{len(one)} {one.unit}s" for one in (inputs, targets)]
        lines = [f"{examples.text.name}: {len(examples.rows):,} rows ({parts}), {sizes[0]} → {sizes[1]}"]
        return "\n".join([*lines, *examples.notes])


def examples_of_run(run: Run, source: str | None = None, part: str | None = None) -> tuple[ExampleTask, str]:
    """The task of a run on its own table, or on another one with the same columns, in the ids of the run.

    Args:
        run: the run; it does a task on a table.
        source: another table, all of whose rows are taken.
        part: of the run's own table; by default the validation part, or where there is none the training part.

    Returns:
        The task, and the part of its rows that is meant.

    Raises:
        InputError: there is no such table or part, or it has no row that can be scored.
    """
    config = run.config()
    assert isinstance(config.corpus, Table)
    if source is not None:
        whole = {"source": source, "text": None, "sha256": None, "split": (1.0,), "group": None, "part": None}
        if hasattr(config.corpus, "labels"):
            whole |= {"labels": None, "rows_per_label": None}
        config = replace(config, corpus=config.corpus.model_copy(update=whole))
    task = read_task(config)
    assert isinstance(task, ExampleTask)
    task.take_vocabularies(run.vocabularies())
    part = "train" if source is not None else part or ("validation" if config.corpus.has_validation else "train")
    if not len(task.examples.parts[part]):
        raise InputError(f"the table of {run.path} has no {part} part")
    name = task.text.name
    task.examples.check_known(part, name if source is not None else f"the {part} part of {name}")
    return task, part

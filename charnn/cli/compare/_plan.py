"""Which trainings a specification means, and the commands that do them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from charnn.errors import UsageError, one_of

if TYPE_CHECKING:
    from charnn.experiments.specification import Experiment
    from charnn.experiments.trial import Trial


@dataclass(frozen=True)
class Plan:
    """The trainings of a specification.

    Attributes:
        path: its file.
        folder: where the runs are.
        search: how many configurations a search tries; None where all of a grid are compared.
        search_seed: what the search draws by.
    """

    path: Path
    folder: Path
    search: int | None
    search_seed: int

    @cached_property
    def experiment(self) -> Experiment:
        """What the file says."""
        from charnn.experiments.specification import read_experiment

        return read_experiment(self.path)

    @cached_property
    def trials(self) -> list[Trial]:
        """All trainings.

        Raises:
            UsageError: a search is asked for and the file has no `search`, or the other way round.
        """
        specification = self.experiment.specification
        if self.search is None:
            if specification.search:
                raise UsageError(f"{self.path} has a `search`: say how many configurations it tries, --search 20")
            return self.experiment.trials(self.folder)
        if not specification.search:
            raise UsageError(f"{self.path} has no `search`: the ranges that --search draws from")
        variants = specification.drawn(self.search, self.search_seed)
        return [self.experiment.trial(self.folder, variant, specification.seeds[0]) for variant in variants]

    def named(self, name: str) -> Trial:
        """The training whose folder is called so.

        Raises:
            UsageError: there is none.
        """
        names = [trial.folder.name for trial in self.trials]
        if name not in names:
            raise UsageError(f"{self.path} has no training `{name}`{one_of(name, names)}")
        return self.trials[names.index(name)]

    def command(self, trial: Trial, share: float = 1.0) -> list[str]:
        """The arguments of charnn that do one training, in whatever order and on whatever machine."""
        arguments = ["compare", str(self.path), "--out", str(self.folder), "--only", trial.folder.name]
        if self.search is not None:
            arguments += ["--search", str(self.search), "--search-seed", str(self.search_seed)]
        return [*arguments, *(["--share", repr(share)] if share < 1 else [])]

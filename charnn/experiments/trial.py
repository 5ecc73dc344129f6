"""One training of an experiment: its configuration, the folder that follows from it, and how far it is."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charnn.analysis.comparison.differences import in_words
from charnn.configuration.config import Config
from charnn.configuration.sections import Length
from charnn.data.sources.opening import lasts, open_text
from charnn.errors import DivergedError, UsageError
from charnn.runs.layout import CONFIG, METRICS
from charnn.runs.overview import overview
from charnn.runs.places import Destination
from charnn.runs.run import Run

if TYPE_CHECKING:  # what is done is told without torch
    from charnn.training.observers import Observer

SEED = "train.seed"
_NO_NAME = re.compile(r"[^\w.-]+")
_LONGEST = 60


@dataclass(frozen=True)
class Trial:
    """A training of an experiment.

    Attributes:
        variant: the dotted keys that tell it from the others, apart from its seed.
        seed: what it draws by.
        config: its configuration; the text is named by its SHA-256 too.
        folder: of its run, named by its variant, its seed, and a hash of its configuration.
    """

    variant: dict[str, Any]
    seed: int
    config: Config
    folder: Path

    @classmethod
    def of(cls, variant: dict[str, Any], seed: int, config: Config, home: Path) -> Trial:
        """The trial of a configuration, whose folder lies in `home`.

        Raises:
            UsageError: its text can be read only once, or has no part for validation.
            InputError: there is no such text.
        """
        if not config.corpus.has_validation:
            raise UsageError("trainings are compared by their validation, and `corpus.split` leaves no part for it")
        source = config.corpus.source
        if source is not None:
            if source == "-" or (Path(source).exists() and not lasts(source)):
                raise UsageError("each training reads the text anew: put it into a file")
            config = replace(config, corpus=config.corpus.model_copy(update={"sha256": _sha256_of(source)}))
        words = _NO_NAME.sub("-", in_words(variant))[:_LONGEST].strip("-") or config.model.cell.name
        return cls(variant, seed, config, home / f"{words}-seed-{seed}-{_identity(config)}")

    @property
    def label(self) -> str:
        """What people call it."""
        return ", ".join(part for part in (in_words(self.variant), f"seed {self.seed}") if part)

    @property
    def run(self) -> Run:
        """Its run, which may not be there yet."""
        return Run(self.folder)

    @property
    def state(self) -> str:
        """`missing`, or what `charnn runs` says of its run."""
        return overview(self.run).state if (self.folder / CONFIG).exists() else "missing"

    def is_over(self, share: float = 1.0) -> bool:
        """Whether nothing is left to do of this share of its length; what diverged or lost its patience is over."""
        state = self.state
        if state in ("missing", "damaged", "diverged"):
            return state == "diverged"
        if state == "finished" and is_out_of_patience(self.run.rows(METRICS)[-1]):
            return True
        begun, wanted = (_value(config.train.length) for config in (self.run.config(), self._shortened(share)))
        return begun > wanted or (begun == wanted and state == "finished")

    def train(self, observer: Observer, share: float = 1.0) -> None:
        """Train it, or go on with it; `runs/latest` stays where it is.

        Args:
            observer: looks on.
            share: how much of its length; the rest can follow later, to the same weights.

        Raises:
            CharnnError: it failed; a training that diverged did not.
        """
        from charnn.training.job import Job
        from charnn.training.resume import Continuation

        job, config = Job(observer), self._shortened(share)
        try:
            if self.run.checkpoints():
                (unit, value), *_ = config.train.length.model_dump(exclude_none=True).items()
                job.go_on(Continuation(self.run, settings=[f"train.{unit}={value}"]))
            else:
                self._clear()
                job.train(config, Destination(self.folder.name, self.folder, latest=False))
        except DivergedError as error:
            observer.note(str(error))

    def _shortened(self, share: float) -> Config:
        """Its configuration with this share of its length, and the schedule of the whole."""
        if share == 1:
            return self.config
        train, schedule = self.config.train, self.config.schedule
        horizon = getattr(schedule, "horizon", None) or train.length
        (unit, value), *_ = train.length.model_dump(exclude_none=True).items()
        part = math.ceil(share * value) if unit == "steps" else share * value
        return replace(
            self.config,
            train=train.model_copy(update={unit: part}),
            schedule=schedule.model_copy(update={"horizon": horizon}),
        )

    def _clear(self) -> None:
        """Take away what a training that was killed before its first checkpoint has left."""
        if self.folder.exists():
            with self.run.locked():
                shutil.rmtree(self.folder)


def is_out_of_patience(row: Mapping[str, Any]) -> bool:
    """Whether a row of the metrics is that with which a training lost its patience, which no greater length changes."""
    return bool(row.get("out_of_patience"))


def _value(length: Length) -> float:
    return float(next(iter(length.model_dump(exclude_none=True).values())))


def _identity(config: Config) -> str:
    """A hash of all that a training is; of a text its content counts, and not where it lies."""
    values = config.values()
    values["corpus"].pop("source", None)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


@lru_cache
def _sha256_of(source: str) -> str:
    with open_text(source) as text:
        return text.sha256

"""What is to be compared: a base configuration, what varies over it, and seeds; read from a YAML file.

base: time-machine-lstm                # a recipe, or a file beside this one
set: {train.steps: 400}                # over the base, in every training
grid:                                  # every combination of these
  model.cell: [rnn, gru, lstm]
together:                              # lists of one length, each taken at the same place
  - model.hidden: [128, 256]
    optimizer.learning_rate: [0.004, 0.002]
seeds: 3                               # 1, 2, 3; or a list
search:                                # instead of grid and together, for --search
  optimizer.learning_rate: {low: 0.001, high: 0.02, scale: log}
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from charnn.configuration.overrides import settings_of
from charnn.configuration.reading import find_config, read_config
from charnn.configuration.types import Number, Section, Whole
from charnn.configuration.yaml_document import parse_document
from charnn.errors import ConfigError, InputError, Problem, one_of
from charnn.experiments.trial import SEED, Trial

THREADS = "train.threads"

Values = Annotated[list[Any], Field(min_length=1)]


class Range(Section):
    """The numbers from `low` to `high`, whole ones where both are; on a logarithmic scale, a factor counts alike."""

    low: Number
    high: Number
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if not self.low < self.high:
            raise ValueError("`low` must be below `high`")
        if self.scale == "log" and self.low <= 0:
            raise ValueError("`low` must be above 0 on a logarithmic scale")
        return self

    def draw(self, rng: random.Random) -> float:
        """A number of the range, to four digits: it stands in names and tables."""
        if self.scale == "log":
            number = self.low * math.pow(self.high / self.low, rng.random())
        else:
            number = self.low + (self.high - self.low) * rng.random()
        if self.low.is_integer() and self.high.is_integer():
            return round(number)
        return float(f"{number:.4g}")


def _seeds(value: Any) -> Any:
    return list(range(1, value + 1)) if type(value) is int else value


class Specification(Section):
    """The file; its keys are explained at the head of this module."""

    base: str
    set: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, Values] = Field(default_factory=dict)
    together: list[dict[str, Values]] = Field(default_factory=list)
    seeds: Annotated[list[Whole], BeforeValidator(_seeds), Field(min_length=1)] = Field(default_factory=lambda: [1])
    search: dict[str, Range | Values] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_key_once(self) -> Self:
        keys = [*self.set, *self.grid, *(key for group in self.together for key in group), *self.search]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"`{key}` stands in two places")
        if SEED in keys:
            raise ValueError(f"`{SEED}` is what `seeds` says")
        if len({*self.seeds}) < len(self.seeds):
            raise ValueError("`seeds` names a seed twice")
        if self.search and (self.grid or self.together):
            raise ValueError("`search` takes the place of `grid` and `together`")
        for group in self.together:
            if len({len(values) for values in group.values()}) > 1:
                raise ValueError(f"the lists of {', '.join(f'`{key}`' for key in group)} must be of one length")
        return self

    def variants(self) -> list[dict[str, Any]]:
        """What is set over the base in each row of the table, by dotted keys."""
        axes = [[{key: value} for value in values] for key, values in self.grid.items()]
        for group in self.together:
            axes.append([dict(zip(group, values, strict=True)) for values in zip(*group.values(), strict=True)])
        return [{key: value for part in parts for key, value in part.items()} for parts in product(*axes)]

    def drawn(self, number: int, seed: int) -> list[dict[str, Any]]:
        """So many different variants, each value drawn from its range or list; fewer, where there are no more."""
        rng, found = random.Random(seed), dict[str, dict[str, Any]]()
        for _ in range(100 * number):
            variant = {
                key: values.draw(rng) if isinstance(values, Range) else rng.choice(values)
                for key, values in self.search.items()
            }
            found.setdefault(repr(variant), variant)
            if len(found) == number:
                break
        return list(found.values())


@dataclass(frozen=True)
class Experiment:
    """A specification, and where it stands.

    Attributes:
        path: its file, from whose folder relative paths are meant.
    """

    specification: Specification
    path: Path

    def trials(self, folder: Path) -> list[Trial]:
        """All trainings of the table, those of the first seed first.

        Args:
            folder: where their runs are.

        Raises:
            ConfigError: one of the configurations is none.
        """
        seeds, variants = self.specification.seeds, self.specification.variants()
        return [self.trial(folder, variant, seed) for seed in seeds for variant in variants]

    def trial(self, folder: Path, variant: Mapping[str, Any], seed: int) -> Trial:
        """One training.

        Args:
            folder: where its run is.
            variant: what tells it from others.
            seed: what it draws by.

        Raises:
            ConfigError: its configuration is none.
        """
        find_config(self._base)
        return Trial.of(dict(variant), seed, read_config(self._base, self._settings(variant, seed)), folder)

    def command(self, trial: Trial) -> list[str]:
        """The arguments of charnn that do a training of this experiment by itself."""
        settings = self._settings(trial.variant, trial.seed)
        return ["train", "--config", self._base, *(word for setting in settings for word in ("--set", setting))]

    @property
    def _base(self) -> str:
        """The base: a file beside this one, or what is called so elsewhere."""
        beside = self.path.parent / self.specification.base
        return str(beside.absolute()) if beside.is_file() else self.specification.base

    def _settings(self, variant: Mapping[str, Any], seed: int) -> list[str]:
        return settings_of({THREADS: 1, **self.specification.set, **variant, SEED: seed}, self.path.parent)


def read_experiment(path: Path) -> Experiment:
    """Read a specification.

    Raises:
        InputError: there is no such file.
        ConfigError: it is not a specification; the message names its keys.
    """
    try:
        document = parse_document(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    problems = list(document.problems)
    try:
        if not problems:
            return Experiment(Specification.model_validate(document.values), path)
    except ValidationError as error:
        for one in error.errors():
            key = ".".join(str(part) for part in one["loc"][:2])
            why = one["msg"].removeprefix("Value error, ")
            if one["type"] == "extra_forbidden" and len(one["loc"]) == 1:
                why = f"unknown key{one_of(key, [*Specification.model_fields])}"
            problems.append(Problem(document.place(one["loc"]), key, why))
    raise ConfigError(str(path), problems)

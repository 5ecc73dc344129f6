"""Runs that repeat one another, and what tells those apart that do not.

Trainings whose configurations are alike but for the seed repeat one another: what is measured on them has a spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from charnn.analysis.curves.differences import telling_keys
from charnn.runs.run import Run


@dataclass(frozen=True)
class Repetitions:
    """Runs that differ in their seed alone.

    Attributes:
        cell: their cell.
        variant: as few keys of the configuration as tell them from the others of their cell; may be nothing.
        places: where they stand among all runs.
        name: that of the run, where there is but one run in all.
    """

    cell: str
    variant: str
    places: tuple[int, ...]
    name: str = ""

    @property
    def label(self) -> str:
        """What tells them from all others."""
        return self.name or ", ".join(part for part in (self.cell, self.variant) if part)


def repetitions(runs: Sequence[Run]) -> list[Repetitions]:
    """Which of the runs repeat one another; a run that is alone has its name as its label."""
    configurations = [{name: key.value for name, key in telling_keys(run.config()).items()} for run in runs]
    if len(runs) == 1:
        return [Repetitions(configurations[0]["model.cell"], "", (0,), runs[0].path.resolve().name)]
    chosen = ["model.cell"]
    for key in dict.fromkeys(key for configuration in configurations for key in configuration if key != "train.seed"):
        if len(_groups(configurations, [*chosen, key])) > len(_groups(configurations, chosen)):
            chosen.append(key)
    return [
        Repetitions(values[0], _named(chosen[1:], values[1:]), tuple(places))
        for values, places in _groups(configurations, chosen).items()
    ]


def _groups(configurations: Sequence[dict[str, Any]], keys: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, configuration in enumerate(configurations):
        groups.setdefault(tuple(str(configuration.get(key)) for key in keys), []).append(place)
    return groups


def _named(keys: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in zip(keys, values, strict=True))

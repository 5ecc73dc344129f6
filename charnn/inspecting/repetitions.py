"""Runs that repeat one another, and what tells those apart that do not.

Trainings whose configurations are alike but for the seed repeat one another: what is measured on them has a spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charnn.runs import Run


@dataclass(frozen=True)
class Repetitions:
    """Runs that differ in their seed alone.

    Attributes:
        label: what tells them from the others: the cell, and as few keys more as that takes.
        cell: their cell.
        places: where they stand among all runs.
    """

    label: str
    cell: str
    places: tuple[int, ...]


def repetitions(runs: Sequence[Run]) -> list[Repetitions]:
    """Which of the runs repeat one another; a run that is alone has its name as its label."""
    configurations = [dict(_flat(run.config().values())) for run in runs]
    if len(runs) == 1:
        return [Repetitions(runs[0].path.resolve().name, configurations[0]["model.cell"], (0,))]
    chosen = ["model.cell"]
    for key in dict.fromkeys(key for configuration in configurations for key in configuration if key != "train.seed"):
        if len(_groups(configurations, [*chosen, key])) > len(_groups(configurations, chosen)):
            chosen.append(key)
    return [
        Repetitions(_label(chosen, values), values[0], tuple(places))
        for values, places in _groups(configurations, chosen).items()
    ]


def _groups(configurations: Sequence[dict[str, Any]], keys: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, configuration in enumerate(configurations):
        groups.setdefault(tuple(str(configuration.get(key)) for key in keys), []).append(place)
    return groups


def _label(keys: Sequence[str], values: Sequence[str]) -> str:
    named = [f"{key.rpartition('.')[2]} {value}" for key, value in zip(keys[1:], values[1:], strict=True)]
    return ", ".join([values[0], *named])


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value

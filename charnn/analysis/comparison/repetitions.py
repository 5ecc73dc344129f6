"""Runs that repeat one another, because their configurations are alike but for the seed.

What is measured on them has a spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from charnn.analysis.comparison.differences import differences, in_words
from charnn.runs.run import Run

_CELL, _SEED = "model.cell", "train.seed"


@dataclass(frozen=True)
class Repetitions:
    """Runs that differ in their seed alone.

    Attributes:
        cell: their cell.
        variant: as few keys of the configuration as tell them from the others of their cell; may be empty.
        positions: which of all runs they are.
        name: that of the run, where there is but one run in all.
    """

    cell: str
    variant: str
    positions: tuple[int, ...]
    name: str = ""

    @property
    def label(self) -> str:
        """What tells them from all others."""
        return self.name or ", ".join(part for part in (self.cell, self.variant) if part)


def repetitions(runs: Sequence[Run]) -> list[Repetitions]:
    """Which of the runs repeat one another; a run that is alone has its name as its label."""
    configs = [run.config() for run in runs]
    cells = [config.model.cell.name for config in configs]
    if len(runs) == 1:
        return [Repetitions(cells[0], "", (0,), runs[0].path.resolve().name)]
    differs = [{_CELL: cell, **own} for cell, own in zip(cells, differences(configs), strict=True)]
    chosen = [_CELL]
    for key in dict.fromkeys(key for own in differs for key in own if key != _SEED):
        if len(_groups(differs, [*chosen, key])) > len(_groups(differs, chosen)):
            chosen.append(key)
    repeated = []
    for positions in _groups(differs, chosen):
        values = differs[positions[0]]
        variant = {key: values[key] for key in chosen[1:] if key in values}
        repeated.append(Repetitions(values[_CELL], in_words(variant), positions))
    return repeated


def _groups(differs: Sequence[dict[str, Any]], keys: Sequence[str]) -> list[tuple[int, ...]]:
    """The positions of those that have the same values of some keys."""
    groups: dict[str, list[int]] = {}
    for position, own in enumerate(differs):
        groups.setdefault(repr([own.get(key) for key in keys]), []).append(position)
    return [tuple(group) for group in groups.values()]

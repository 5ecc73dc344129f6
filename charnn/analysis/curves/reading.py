"""The curves of runs: loss, gradient norm before clipping, learning rate and speed, read from their metrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charnn.analysis.comparison.differences import differences, labels
from charnn.configuration.checking import TASKS
from charnn.configuration.config import Config
from charnn.configuration.families import family
from charnn.configuration.sections import Corpus
from charnn.errors import RunError
from charnn.runs.layout import METRICS
from charnn.runs.run import Run

AXES = ("step", "epoch", "characters", "seconds")
MEASURES = {
    "validation_accuracy": "accuracy",
    "validation_macro_f1": "macro F1",
    "validation_exact_match": "exact match",
    "validation_symbol_error_rate": "symbol error rate",
}
"""What answers are measured by, all of them between 0 and 1 where they are any good."""
QUANTITIES = {
    "loss": "loss",
    "validation_loss": "validation",
    **MEASURES,
    "gradient_norm": "gradient norm",
    "largest_gradient_norm": "largest norm",
    "learning_rate": "learning rate",
    "characters_per_second": "characters/s",
}
"""What curves are of: keys of a report, and what people call them."""
LOGARITHMIC = {"gradient_norm", "largest_gradient_norm"}

# What lines that belong to no quantity are called.
BASELINE_LABEL = "the best n-gram model"
THRESHOLD_LABEL = "clipped above"


@dataclass(frozen=True)
class Event:
    """Something that happened in a training: it `diverged`, or was `rewound`.

    Attributes:
        kind: which of them.
        step: where its curves end or go on.
        place: the same on the axis that the curves run over.
        message: what it said.
    """

    kind: str
    step: int
    place: float
    message: str


@dataclass(frozen=True)
class Curves:
    """The curves of one run.

    Attributes:
        run: the run.
        label: what tells it from the others.
        differs: the keys in which the configurations of the runs differ, with its values.
        over: the axis that the curves run over, one of `AXES`.
        rows: the reports, each with the axes and those quantities that it holds.
        events: what happened.
        threshold: the norm above which gradients are clipped; None where they are not clipped by norm.
        baseline: the best n-gram model's `model`, `order`, `nats` and more, where it is known.
        unit: what there is one loss for each of: a character, a row, a symbol.
    """

    run: Run
    label: str
    differs: dict[str, Any]
    over: str
    rows: list[dict[str, float]]
    events: list[Event]
    threshold: float | None
    baseline: dict[str, Any] | None
    unit: str

    def points(self, quantity: str) -> tuple[list[float], list[float]]:
        """The places on the axis and the values of a quantity, in those reports that hold it."""
        points = [(row[self.over], row[quantity]) for row in self.rows if quantity in row]
        if quantity in LOGARITHMIC:
            points = [(x, y) for x, y in points if y > 0]
        return [x for x, _ in points], [y for _, y in points]


def read_curves(runs: Sequence[Run], over: str = "step") -> list[Curves]:
    """The curves of runs, labelled by what differs in their configurations.

    Args:
        runs: the runs.
        over: the axis, one of `AXES`.

    Raises:
        RunError: a run is damaged, or has no reports yet.
    """
    configs = [run.config() for run in runs]
    names = [run.path.name for run in runs]
    if len({run.path for run in runs}) > len(set(names)):
        names = [str(run.path) for run in runs]
    each = zip(runs, configs, labels(names, configs), differences(configs), strict=True)
    curves = [_curves_of(run, config, label, differs, over) for run, config, label, differs in each]
    silent = [str(own.run.path) for own in curves if not own.rows]
    if silent:
        raise RunError(f"there is nothing to plot of {', '.join(silent)}: no report in its {METRICS} yet")
    return curves


def _curves_of(run: Run, config: Config, label: str, differs: dict[str, Any], over: str) -> Curves:
    log = run.rows(METRICS)
    threshold = config.clip.threshold if config.clip.by == "norm" else None
    try:
        rows = [_numbers(row) for row in log if "loss" in row]
        events = [_event(row, rows, over) for row in log if "event" in row]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{run.path / METRICS} is damaged: {error!r} in one of its rows") from None
    return Curves(run, label, differs, over, rows, events, threshold, run.baseline(), _unit(config))


def _unit(config: Config) -> str:
    if isinstance(config.corpus, Corpus):
        return config.corpus.unit
    counted: str = family(TASKS).load(config.task.name).counted
    return counted.removesuffix("s")


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    """The axes and the quantities of a report, without those quantities that are not finite."""
    row = _with_characters(row)
    axes = {axis: float(row[axis]) for axis in AXES}
    if not all(map(math.isfinite, axes.values())):
        raise ValueError("not finite")
    values = {key: float(row[key]) for key in QUANTITIES if row.get(key) is not None}
    return axes | {key: value for key, value in values.items() if math.isfinite(value)}


def _with_characters(row: dict[str, Any]) -> dict[str, Any]:
    """A report whose losses are counted as characters, whatever the task calls them."""
    rates = [name for name in row if name.endswith("_per_second")]
    if len(rates) != 1 or rates[0] == "characters_per_second":
        return row
    return {**row, "characters": row[rates[0].removesuffix("_per_second")], "characters_per_second": row[rates[0]]}


def _event(row: dict[str, Any], rows: Sequence[dict[str, float]], over: str) -> Event:
    """An event; its place on another axis than the steps follows from the reports before and after it."""
    step = int(row["step"])
    place = np.interp(step, [row["step"] for row in rows], [row[over] for row in rows]) if rows else 0.0
    message = f"rewound from step {row['from']}" if "from" in row else str(row.get("message", ""))
    return Event(str(row["event"]), step, float(place), message)

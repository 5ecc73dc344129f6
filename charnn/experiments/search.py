"""A search for good settings: many configurations begin, and those that are behind end early.

Successive halving with a factor of three: of n configurations all are trained for a ninth of the length, the better
third for a third, and the better third of these to the end. Source: Jamieson & Talwalkar, "Non-stochastic best arm
identification and hyperparameter optimization", 2016. Only the validation part decides. The schedule of the learning
rate is that of the whole length from the beginning, and what goes on continues to the weights of an unbroken training.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from charnn.experiments.table import Scored, best_of, scored_by
from charnn.experiments.trial import Trial, is_out_of_patience
from charnn.runs.layout import METRICS

SHARES = (1 / 9, 1 / 3, 1.0)
KEPT = 3
"""One of so many goes on."""


@dataclass(frozen=True)
class Tried:
    """A configuration of a search.

    Attributes:
        share: how much of its length it was trained for.
        value: the best validation until then; None where there is none, because it failed or diverged.
    """

    trial: Trial
    share: float
    value: float | None


def search(trials: Sequence[Trial], train: Callable[[Sequence[Trial], float], object]) -> Iterator[list[Tried]]:
    """Train in rungs, and give all configurations after each of them, the best first.

    Args:
        trials: the configurations.
        train: trains some of them for a share of their length; what fails is behind all others.
    """
    left, behind, scored = list(trials), list[Tried](), scored_by(trials[0].config)
    for rung, share in enumerate(SHARES):
        train([trial for trial in left if not trial.is_over(share)], share)
        tried = [Tried(trial, share, _value(trial, rung, scored)) for trial in left]
        tried.sort(key=lambda one: math.inf if one.value is None else scored.sign * one.value)
        kept = len(tried) if share == SHARES[-1] else math.ceil(len(tried) / KEPT)
        behind = [*tried[kept:], *behind]
        left = [one.trial for one in tried[:kept]]
        yield [*tried[:kept], *behind]


def cost_of(number: int) -> float:
    """How many whole trainings a search among so many configurations takes."""
    cost, done = 0.0, 0.0
    for share in SHARES:
        cost, done, number = cost + number * (share - done), share, math.ceil(number / KEPT)
    return cost


def _value(trial: Trial, rung: int, scored: Scored) -> float | None:
    """The best validation up to the end of a rung: a search that was stopped later decides as it did before."""
    rows, ends = trial.run.rows(METRICS), 0
    for place, row in enumerate(rows):
        ends += bool(row.get("finished"))
        if ends > rung or is_out_of_patience(row):
            return best_of(rows[: place + 1], scored)
    return None

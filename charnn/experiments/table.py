"""The table of an experiment: a row for each configuration, with means over its seeds and the judgement of leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from charnn.analysis.comparison.repetitions import repetitions
from charnn.configuration.checking import TASKS
from charnn.configuration.config import Config
from charnn.configuration.families import family
from charnn.errors import CharnnError, UsageError
from charnn.experiments.judgement import Lead, leads, mean_of, standard_error
from charnn.experiments.trial import Trial
from charnn.runs.layout import METRICS
from charnn.runs.overview import overview
from charnn.runs.run import Run


@dataclass(frozen=True)
class Scored:
    """What trainings are measured by.

    Attributes:
        measure: the measure that the task chooses its best network by.
        higher_is_better: whether more of it is better.
    """

    measure: str
    higher_is_better: bool

    @property
    def sign(self) -> int:
        """What makes a smaller value of it a better one."""
        return -1 if self.higher_is_better else 1


@dataclass(frozen=True)
class Result:
    """What one run came to.

    Attributes:
        state: `missing`, or what `charnn runs` says; `failed` where a process has just failed, `unfinished` where only
            a share of the length was asked for.
        best: the best validation by the measure of the table; None where nothing was validated.
        parameters: how many numbers were learned; None where no weights are saved.
        seconds: of updates.
    """

    seed: int
    run: Run
    state: str
    best: float | None = None
    parameters: int | None = None
    seconds: float = 0.0


@dataclass
class Row:
    """One configuration.

    Attributes:
        values: what tells it from the others, by column.
        results: one for each seed.
        lead: how it does beside the best row; None for the best itself, and where nothing has finished.
        is_best: whether its mean is the best.
    """

    values: dict[str, Any]
    results: list[Result]
    lead: Lead | None = None
    is_best: bool = False

    @property
    def scores(self) -> dict[int, float]:
        """The best validation of each seed that has finished."""
        return {one.seed: one.best for one in self.results if one.state == "finished" and one.best is not None}

    @property
    def mean(self) -> float | None:
        """The mean of the scores."""
        return mean_of([*self.scores.values()]) if self.scores else None

    @property
    def error(self) -> float | None:
        """The standard error of the mean; None for one seed."""
        return standard_error([*self.scores.values()])

    @property
    def parameters(self) -> int | None:
        """How many numbers are learned."""
        return next((one.parameters for one in self.results if one.parameters is not None), None)

    @property
    def seconds(self) -> float | None:
        """The mean seconds of updates of what has finished."""
        seconds = [one.seconds for one in self.results if one.state == "finished"]
        return mean_of(seconds) if seconds else None

    @property
    def states(self) -> dict[str, int]:
        """How many of its trainings are in each state other than finished."""
        found = [one.state for one in self.results if one.state != "finished"]
        return {state: found.count(state) for state in dict.fromkeys(found)}


@dataclass
class Table:
    """All rows, and what they are measured by."""

    scored: Scored
    rows: list[Row] = field(default_factory=list)

    def judge(self) -> None:
        """Set the row with the best mean against every other one."""
        done = [row for row in self.rows if row.scores]
        if not done:
            return
        best = min(done, key=lambda row: self.scored.sign * (row.mean or 0.0))
        best.is_best = True
        others = [row for row in done if row is not best]
        for row, lead in zip(others, leads(best.scores, [row.scores for row in others]), strict=True):
            row.lead = lead


def table_of_trials(trials: Sequence[Trial], failed: Mapping[str, str]) -> Table:
    """The table of an experiment's trainings.

    Args:
        trials: all of them.
        failed: why some have failed just now, by the names of their folders.

    Raises:
        UsageError: not all of them are scored by one measure.
    """
    table = Table(_common([trial.config for trial in trials]))
    rows: dict[str, Row] = {}
    for trial in trials:
        row = rows.setdefault(repr(trial.variant), Row(trial.variant, []))
        state = "failed" if trial.folder.name in failed else trial.state
        if state == "finished" and not trial.is_over():  # a search has let it go
            state = "unfinished"
        row.results.append(_result(trial.run, trial.seed, state, table.scored))
    table.rows = [*rows.values()]
    table.judge()
    return table


def table_of_runs(runs: Sequence[Run]) -> Table:
    """The table of runs, those that differ in their seed alone in one row.

    Raises:
        UsageError: not all of them are scored by one measure.
        CharnnError: one of them cannot be read.
    """
    configs = [run.config() for run in runs]
    table = Table(_common(configs))
    for group in repetitions(runs):
        chosen = {configs[place].train.seed: runs[place] for place in group.positions}
        results = [_result(run, seed, overview(run).state, table.scored) for seed, run in chosen.items()]
        table.rows.append(Row({"run": group.label}, results))
    table.judge()
    return table


def scored_by(config: Config) -> Scored:
    """What the trainings of a configuration are measured by."""
    task = family(TASKS).load(config.task.name)
    measure = task.measure_of(config)
    return Scored(measure, task.measures[measure])


def best_of(rows: Sequence[Mapping[str, Any]], scored: Scored) -> float | None:
    """The best validation in rows of the metrics."""
    key = f"validation_{scored.measure}"
    return (max if scored.higher_is_better else min)(
        (row[key] for row in rows if row.get(key) is not None), default=None
    )


def _common(configs: Sequence[Config]) -> Scored:
    found = {scored_by(config) for config in configs}
    if len(found) > 1:
        names = ", ".join(sorted(scored.measure for scored in found))
        raise UsageError(f"these are scored by different measures ({names}) and make no table: compare those of one")
    return found.pop()


def _result(run: Run, seed: int, state: str, scored: Scored) -> Result:
    if state in ("missing", "damaged"):
        return Result(seed, run, state)
    try:
        rows = run.rows(METRICS)
        reports = [row for row in rows if "loss" in row]
        seconds = float(reports[-1]["seconds"]) if reports else 0.0
        return Result(seed, run, state, best_of(rows, scored), run.parameters("last"), seconds)
    except (CharnnError, KeyError, TypeError, ValueError):
        return Result(seed, run, "damaged")

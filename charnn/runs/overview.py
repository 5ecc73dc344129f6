"""A run at a glance, from its configuration and its metrics alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from charnn.configuration.checking import TASKS
from charnn.configuration.families import family
from charnn.errors import CharnnError
from charnn.evaluation.measures import bits
from charnn.runs.layout import METRICS
from charnn.runs.run import Run


@dataclass(frozen=True)
class Overview:
    """One run.

    Attributes:
        state: `running`, `finished`, `diverged`, `interrupted`, `imported`, or `damaged`.
        model: the cell and its hidden units.
        text: what it was trained on.
        best: the best value of the measure that the best network is chosen by; None where nothing was validated.
        measure: what that measure is called; `bpc` where it is a loss of characters.
        seconds: of updates.
    """

    path: Path
    state: str
    model: str = ""
    text: str = ""
    step: int = 0
    epoch: float = 0.0
    best: float | None = None
    measure: str = ""
    seconds: float = 0.0


def overview(run: Run) -> Overview:
    """What its files say; a run that cannot be read is `damaged`."""
    try:
        config, rows = run.config(), run.rows(METRICS)
        reports = [row for row in rows if "loss" in row]
        last = reports[-1] if reports else {"step": 0, "epoch": 0.0, "seconds": 0.0}
        task = family(TASKS).load(config.task.name)
        measure = task.measure_of(config)
        values = [row[f"validation_{measure}"] for row in reports if f"validation_{measure}" in row]
        best = (max if task.measures[measure] else min)(values, default=None)
        if measure == "loss" and task.counted == "characters":
            measure, best = "bpc", None if best is None else bits(best)
        saved = [int(path.stem) for path in run.checkpoints()]
        return Overview(
            path=run.path,
            state="imported" if config.corpus.is_absent else _state(run, rows),
            model=config.model.shown,
            text="" if config.corpus.is_absent else config.corpus.source or "a text of its own",
            step=max(int(last["step"]), *saved[-1:]) if saved else int(last["step"]),
            epoch=float(last["epoch"]),
            best=best,
            measure=measure,
            seconds=float(last["seconds"]),
        )
    except (CharnnError, KeyError, TypeError, ValueError):
        return Overview(run.path, "running" if run.is_locked() else "damaged")


def _state(run: Run, rows: list[dict[str, object]]) -> str:
    if run.is_locked():
        return "running"
    if rows and rows[-1].get("event") == "diverged":
        return "diverged"
    return "finished" if rows and rows[-1].get("finished") else "interrupted"

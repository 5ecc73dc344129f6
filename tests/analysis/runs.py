"""Runs for tests: a folder with a configuration and metrics that were never trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from charnn.configuration.reading import read_settings
from charnn.runs.layout import METRICS
from charnn.runs.run import Run

ROW = {"epoch": 0.5, "characters": 40, "seconds": 2.0, "loss": 3.0, "gradient_norm": 0.5, "learning_rate": 0.1}


def report(step: int, **values: Any) -> dict[str, Any]:
    return {**ROW, "step": step, "seconds": step / 5, "characters": 4 * step, **values}


def run_with(name: str, rows: list[dict[str, Any]], *settings: str) -> Run:
    run = Run(Path(name))
    run.path.mkdir()
    run.write_config(read_settings("corpus.text=hello", *settings))
    for row in rows:
        run.append(METRICS, row)
    return run

"""A training from Python."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from charnn.configuration.config import Config
from charnn.configuration.overrides import settings_of
from charnn.configuration.reading import config_of, read_config
from charnn.interface.opened import OpenRun
from charnn.runs.places import Destination
from charnn.training.observers import Observer


class _Lines(Observer):
    """Says on standard error what is trained, and each validation."""

    def note(self, text: str) -> None:
        print(text, file=sys.stderr)

    def reported(self, row: dict[str, Any]) -> None:
        if (loss := row.get("validation_loss")) is not None:
            print(f"step {row['step']:,}  loss {row['loss']:.3f}  validation {loss:.3f}", file=sys.stderr)


def train(
    config: str | Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    *,
    out: str | Path | None = None,
    quiet: bool = False,
) -> OpenRun:
    """Train, and open the run that it leaves.

    >>> import charnn
    >>> run = charnn.train("hello", {"model.hidden": 20, "train.steps": 100}, out="small", quiet=True)
    >>> run.path
    'small'

    Args:
        config: a recipe or a YAML file by its name, or the sections as a mapping.
        settings: values over it, by dotted keys.
        out: the run's folder; else the next of `runs/<config>-N`.
        quiet: say nothing on standard error.

    Raises:
        ConfigError: the configuration has errors; all of them are named.
        CharnnError: something of it is not available, or the training failed or diverged; what was done is in the run.
    """
    from charnn.training.job import Job

    chosen, name = _read(config, settings_of(settings or {}, Path()))
    destination = Destination(name, None if out is None else Path(out))
    return OpenRun(Job(Observer() if quiet else _Lines()).train(chosen, destination).run)


def _read(config: str | Mapping[str, Any], settings: list[str]) -> tuple[Config, str]:
    """The configuration, and what its runs are called."""
    if isinstance(config, str):
        return read_config(config, settings), Path(config).stem
    return config_of(config, settings=settings), "run"

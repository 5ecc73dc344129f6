"""The run folder: where it is made, what a training leaves behind, and how it is read again.

    runs/<config>-N/  config.yaml  vocabulary.json  metrics.jsonl  samples.jsonl
                      checkpoints/STEP.safetensors  best.safetensors  last.safetensors

`runs/latest` points to the newest. Everything that a resume needs is in one checkpoint.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from charnn.atomic import write_atomically
from charnn.config import Config, read_config
from charnn.errors import CharnnError, RunError, UsageError
from charnn.model import CharacterModel
from charnn.tensor_file import read_tensors, write_tensors
from charnn.text.vocabulary import Vocabulary

RUNS = Path("runs")
KEPT_CHECKPOINTS = 2
LOGS = ("metrics.jsonl", "samples.jsonl")
SPOOLED = "text.txt"
BASELINE = "baseline.json"
LAYOUT = {
    "config.yaml",
    "vocabulary.json",
    "checkpoints",
    "best.safetensors",
    "last.safetensors",
    SPOOLED,
    BASELINE,
    *LOGS,
}


@dataclass(frozen=True)
class Run:
    """A run folder."""

    path: Path

    def write(self, name: str, text: str) -> None:
        """Write one of the run's texts whole or not at all."""
        write_atomically(self.path / name, text.encode())

    def append(self, log: str, row: dict[str, Any]) -> None:
        """Add a row to a log."""
        with (self.path / log).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")

    def rows(self, log: str) -> list[dict[str, Any]]:
        """All rows of a log."""
        path = self.path / log
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def checkpoints(self) -> list[Path]:
        """All checkpoints, the oldest first."""
        return sorted((self.path / "checkpoints").glob("*.safetensors"), key=lambda path: int(path.stem))

    def save_checkpoint(self, step: int, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
        """Write a checkpoint, with the offsets that the logs have now, and remove those that are too old."""
        offsets = {log: (self.path / log).stat().st_size if (self.path / log).exists() else 0 for log in LOGS}
        write_tensors(
            self.path / "checkpoints" / f"{step}.safetensors", tensors, {**document, "step": step, "offsets": offsets}
        )
        for old in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            old.unlink()

    def save_weights(self, name: str, model: CharacterModel, document: dict[str, Any]) -> None:
        """Write `best.safetensors` or `last.safetensors`: weights alone."""
        write_tensors(self.path / f"{name}.safetensors", model.state_dict(), document)

    def config(self) -> Config:
        """The resolved configuration of the run."""
        return read_config(str(self._file("config.yaml")), environment={})

    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the run."""
        path = self._file("vocabulary.json")
        try:
            return Vocabulary.from_json(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"cannot read {path}: {error}") from None

    def load_model(self, weights: str | None, device: torch.device) -> CharacterModel:
        """The model of the run.

        Args:
            weights: `best` or `last`; without either the best there are.

        Raises:
            RunError: the run is incomplete or damaged.
        """
        name = weights or ("best" if (self.path / "best.safetensors").exists() else "last")
        config = self.config()
        model = CharacterModel(len(self.vocabulary()), config.model).to(getattr(torch, config.train.dtype))
        load_weights(model, self._file(f"{name}.safetensors"))
        return model.to(device).eval()

    def _file(self, name: str) -> Path:
        if not (self.path / name).is_file():
            raise RunError(f"{self.path} is no complete run: it has no {name}")
        return self.path / name


def load_weights(model: CharacterModel, path: Path) -> None:
    """Fill a model from a safetensors file with its parameters' names and shapes; numbers are cast to its type.

    Raises:
        RunError: names or shapes differ, or the file is damaged.
    """
    tensors = read_tensors(path).tensors
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if expected != found:
        wrong = [f"{name} should have shape {shape}, not {found.get(name, 'be missing')}"
                 for name, shape in expected.items() if found.get(name) != shape]  # fmt: skip
        wrong += [f"{name} has no place in this model" for name in found if name not in expected]
        raise RunError(f"{path} does not fit the model: {'; '.join(wrong)}")
    if any(not tensor.is_floating_point() for tensor in tensors.values()):
        raise RunError(f"{path} does not fit the model: its numbers are not floating-point")
    model.load_state_dict(tensors)


def open_run(name: str | None) -> Run:
    """The run called `name` (a path, or a folder in `runs/`), or the newest where none is named.

    Raises:
        RunError: there is no such run.
    """
    if name is None:
        latest = RUNS / "latest"
        if latest.is_symlink() and not latest.exists():
            raise RunError(f"the newest run, {RUNS / latest.readlink()}, is gone: name another")
        if not latest.exists():
            raise RunError("there is no run yet: `charnn train --config quickstart` makes one, or name a run's folder")
        return Run(RUNS / latest.readlink() if latest.is_symlink() else latest)
    for path in (Path(name), RUNS / name):
        if path.is_dir():
            return Run(path)
    raise RunError(f"no run `{name}`: no such folder, here or in {RUNS}")


@dataclass(frozen=True)
class Place:
    """Where a new run will be: `out`, or the first `runs/<name>-N` that is free."""

    name: str
    out: Path | None = None
    force: bool = False

    def check(self) -> None:
        """See whether the place can be had, before any work is done.

        Raises:
            UsageError: `out` exists and `force` is off, or it holds something that charnn did not make.
        """
        if self.out is None and self.force:
            raise UsageError("--force replaces the folder that --out names: name one")
        if self.out is None or not os.path.lexists(self.out):
            return
        if not self.force:
            raise UsageError(f"{self.out} exists already: name another folder, or add --force to replace it")
        if not _is_run(self.out):
            raise UsageError(f"{self.out} is no run, or holds more than one: --force replaces only what charnn made")

    def create(self) -> Run:
        """Make the folder, in place of an old run where `force` allows it, and point `runs/latest` to it.

        Raises:
            CharnnError: the folder cannot be made.
        """
        self.check()
        try:
            if self.out is not None and self.out.exists():
                shutil.rmtree(self.out)
            path = self._make()
            (path / "checkpoints").mkdir()
        except OSError as error:
            place = self.out or RUNS
            raise CharnnError(f"cannot make the run folder {place}: {error.strerror or error}") from None
        _point_to(path)
        return Run(path)

    def _make(self) -> Path:
        if self.out is not None:
            self.out.mkdir(parents=True)
            return self.out
        RUNS.mkdir(exist_ok=True)
        for number in count(1):
            try:
                (RUNS / f"{self.name}-{number}").mkdir()
            except FileExistsError:
                continue
            return RUNS / f"{self.name}-{number}"
        raise AssertionError("there is always another number")


def _is_run(path: Path) -> bool:
    """Whether a folder is empty, or a run and nothing more."""
    if path.is_symlink() or not path.is_dir():
        return False
    names = {entry.name for entry in path.iterdir()}
    return not names or (names >= {"config.yaml", "vocabulary.json", "checkpoints"} and names <= LAYOUT)


def _point_to(path: Path) -> None:
    """Let `runs/latest` point to a run; a run elsewhere is good without it."""
    pointer = RUNS / f".latest-{os.getpid()}"
    try:
        RUNS.mkdir(exist_ok=True)
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(os.path.relpath(path.absolute(), RUNS.absolute()))
        pointer.replace(RUNS / "latest")
    except OSError:
        with suppress(OSError):
            pointer.unlink(missing_ok=True)

"""The run folder: what a training leaves behind, and how it is read again.

    runs/<config>-N/  config.yaml  vocabulary.json  metrics.jsonl  samples.jsonl
                      checkpoints/STEP.safetensors  best.safetensors  last.safetensors

`runs/latest` points to the newest. Everything that a resume needs is in one checkpoint.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
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
        if not latest.exists():
            raise RunError("there is no run yet: `charnn train --config quickstart` makes one, or name a run's folder")
        return Run(RUNS / latest.readlink() if latest.is_symlink() else latest)
    for path in (Path(name), RUNS / name):
        if path.is_dir():
            return Run(path)
    raise RunError(f"no run `{name}`: no such folder, here or in {RUNS}")


def free_path(config_name: str, out: Path | None, *, force: bool) -> Path:
    """Where a new run will be: `out`, or the first `runs/<config>-N` that is free.

    Raises:
        UsageError: `out` exists and `force` is off, or is something that charnn did not make.
    """
    if out is None:
        number = 1
        while (path := RUNS / f"{config_name}-{number}").exists():
            number += 1
        return path
    if out.exists() and not force:
        raise UsageError(f"{out} exists already: name another folder, or add --force to replace it")
    if out.exists() and not (out / "config.yaml").is_file() and any(out.iterdir() if out.is_dir() else [out]):
        raise UsageError(f"{out} exists and is no run: --force does not replace what charnn did not make")
    return out


def create_run(path: Path) -> Run:
    """Make the folder of a new run (in place of an old one) and point `runs/latest` to it.

    Raises:
        CharnnError: the folder cannot be made.
    """
    try:
        if path.exists():
            shutil.rmtree(path)
        (path / "checkpoints").mkdir(parents=True)
        RUNS.mkdir(exist_ok=True)
        pointer = RUNS / f".latest-{os.getpid()}"
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(os.path.relpath(path.absolute(), RUNS.absolute()))
        pointer.replace(RUNS / "latest")
    except OSError as error:
        raise CharnnError(f"cannot make the run folder {path}: {error.strerror}") from None
    return Run(path)

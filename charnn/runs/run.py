"""The run folder: what a training leaves behind, and how it is read again.

    runs/<config>-N/  config.yaml  vocabulary.json  metrics.jsonl  samples.jsonl
                      checkpoints/STEP.safetensors  best.safetensors  last.safetensors

`runs/latest` points to the newest. Everything that a resume needs is in one checkpoint.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from charnn.configuration.config import Config, read_config
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import CharnnError, RunError, UsageError
from charnn.networks.language_model import CharacterModel
from charnn.networks.weights import fill
from charnn.storage.atomic import write_atomically
from charnn.storage.tensor_file import TensorFile, read_tensors, write_tensors

KEPT_CHECKPOINTS = 2
LOGS = ("metrics.jsonl", "samples.jsonl")
SPOOLED = "text.txt"
LOCK = ".lock"
_END = "# This is the end of a resolved configuration: what is cut off lacks it.\n"
BASELINE = "baseline.json"
TENSORBOARD = "tensorboard"
REPORT = "report.html"
LAYOUT = {
    "config.yaml",
    "vocabulary.json",
    "checkpoints",
    "best.safetensors",
    "last.safetensors",
    SPOOLED,
    BASELINE,
    TENSORBOARD,
    REPORT,
    LOCK,
    *LOGS,
}


@dataclass(frozen=True)
class Run:
    """A run folder.

    Attributes:
        writes: whether anything is written at all; of several processes one does.
    """

    path: Path
    writes: bool = True

    def write(self, name: str, text: str) -> None:
        """Write one of the run's texts whole or not at all."""
        if not self.writes:
            return
        with self._writing(name):
            write_atomically(self.path / name, text.encode())

    def append(self, log: str, row: dict[str, Any]) -> None:
        """Add a row to a log.

        Raises:
            CharnnError: it cannot be written; the log is as it was before.
        """
        if not self.writes:
            return
        line = json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with self._writing(log), (self.path / log).open("ab", buffering=0) as file:
            size = file.tell()
            try:
                if file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(size)
                raise

    def rows(self, log: str) -> list[dict[str, Any]]:
        """All rows of a log; a last one that was cut off in the middle is none.

        Raises:
            RunError: the log is damaged.
        """
        path = self.path / log
        try:
            lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
            rows = [json.loads(line) for line in lines]
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} is damaged: {error}") from None
        if not all(isinstance(row, dict) for row in rows):
            raise RunError(f"{path} is damaged: a row of it is no mapping")
        return rows

    def cut_logs(self, offsets: dict[str, int]) -> None:
        """Cut off the rows that were written after a checkpoint.

        Args:
            offsets: the size of each log when the checkpoint was written.

        Raises:
            RunError: a log has lost rows since.
        """
        if not self.writes:
            return
        for log in LOGS:
            path, offset = self.path / log, offsets.get(log, 0)
            size = path.stat().st_size if path.exists() else 0
            if size < offset:
                raise RunError(f"{path} is damaged: it has {size} bytes, and the checkpoint counts on {offset}")
            if size > offset:
                with self._writing(log), path.open("r+b") as file:
                    file.truncate(offset)
                    os.fsync(file.fileno())

    def checkpoints(self) -> list[Path]:
        """All checkpoints, the oldest first."""
        found = [path for path in (self.path / "checkpoints").glob("*.safetensors") if path.stem.isdecimal()]
        return sorted(found, key=lambda path: int(path.stem))

    def checkpoint(self, step: int | None = None) -> TensorFile:
        """The newest checkpoint, or that of a step.

        Raises:
            RunError: there is none, or it is damaged; the message offers another.
        """
        paths = {int(path.stem): path for path in self.checkpoints()}
        if not paths:
            raise RunError(f"{self.path} has no checkpoint to go on from")
        if step is None:
            step = max(paths)
        if step not in paths:
            raise RunError(f"{self.path} has no checkpoint of step {step}; there are: {', '.join(map(str, paths))}")
        try:
            return read_tensors(paths.pop(step))
        except RunError as error:
            others = [other for other in sorted(paths, reverse=True) if _is_sound(paths[other])]
            offer = f"the one of step {others[0]} is sound: add `--from {others[0]}`" if others else "there is no other"
            raise RunError(f"{error}; {offer}") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other training from this folder, and clear away what a killed one left half written.

        Raises:
            UsageError: another training writes it.
        """
        if not self.writes:
            yield
            return
        with (self.path / LOCK).open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(f"{self.path} is being written by another training") from None
            for temporary in [*self.path.glob(".*.*"), *(self.path / "checkpoints").glob(".*.*")]:
                temporary.unlink()
            yield

    def is_locked(self) -> bool:
        """Whether a training writes this folder now."""
        try:
            with (self.path / LOCK).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"cannot write {self.path / name}: {error.strerror or error}"
            for saved in self.checkpoints()[-1:]:
                message += f"; step {saved.stem} is saved: `charnn train --resume {self.path}` goes on from there"
            raise CharnnError(message) from None

    def save_checkpoint(self, step: int, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
        """Write a checkpoint, with the offsets that the logs have now, and remove those that are too old."""
        if not self.writes:
            return
        offsets = {log: (self.path / log).stat().st_size if (self.path / log).exists() else 0 for log in LOGS}
        path = Path("checkpoints") / f"{step}.safetensors"
        with self._writing(str(path)):
            write_tensors(self.path / path, tensors, {**document, "offsets": offsets})
        for old in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            old.unlink()

    def save_weights(self, name: str, model: CharacterModel, document: dict[str, Any]) -> None:
        """Write `best.safetensors` or `last.safetensors`: weights alone."""
        if not self.writes:
            return
        with self._writing(f"{name}.safetensors"):
            write_tensors(self.path / f"{name}.safetensors", model.state_dict(), {**document, **self._belongings})

    @cached_property
    def _belongings(self) -> dict[str, Any]:
        """What weights make sense with alone: the vocabulary, by its hash, and the model's shape."""
        digest = hashlib.sha256(self._file("vocabulary.json").read_bytes()).hexdigest()
        return {"vocabulary": digest, "model": self.config().model.model_dump(mode="json")}

    def write_config(self, config: Config) -> None:
        """Write the resolved configuration."""
        self.write("config.yaml", config.to_yaml() + _END)

    def config(self) -> Config:
        """The resolved configuration of the run.

        Raises:
            RunError: it is missing or cut off.
            ConfigError: it is no configuration.
        """
        path = self._file("config.yaml")
        config = read_config(str(path), environment={})
        if not path.read_bytes().endswith(_END.encode()):
            raise RunError(f"{path} is damaged: it is cut off, or its last line is gone")
        return config

    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the run."""
        path = self._file("vocabulary.json")
        try:
            return Vocabulary.from_json(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"cannot read {path}: {error}") from None

    def baseline(self) -> dict[str, Any] | None:
        """The best n-gram model of the training part: `model`, `order`, `nats`, `bpc`, `perplexity`; None if unknown.

        Raises:
            RunError: its file is damaged.
        """
        path = self.path / BASELINE
        if not path.exists():
            return None
        try:
            found = json.loads(path.read_bytes())
            return {**found, "nats": float(found["nats"]), "order": int(found["order"]), "model": str(found["model"])}
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise RunError(f"{path} is damaged: {error!r}") from None

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
        path = self._file(f"{name}.safetensors")
        file = read_tensors(path)
        for key, own in self._belongings.items():
            # A file without them is not charnn's: it has no checksum either.
            if file.document.get(key) != own:
                raise RunError(f"{self.path} is damaged: {path.name} was saved with another {key}")
        fill(model, file.tensors, str(path))
        return model.to(device).eval()

    def _file(self, name: str) -> Path:
        if not (self.path / name).is_file():
            raise RunError(f"{self.path} is no complete run: it has no {name}")
        return self.path / name


def _is_sound(path: Path) -> bool:
    try:
        read_tensors(path)
    except RunError:
        return False
    return True

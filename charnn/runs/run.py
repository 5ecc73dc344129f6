"""The run folder: what a training leaves behind, and how it is read again (see `charnn.runs.layout`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charnn.configuration.config import Config, running_text_of
from charnn.configuration.formats import END, FORMAT, check_format
from charnn.configuration.reading import config_of, read_config
from charnn.configuration.sections import Corpus, Model
from charnn.data.text.vocabularies import Vocabularies
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import CharnnError, ConfigError, RunError
from charnn.runs.layout import BASELINE, CHECKPOINTS, CONFIG, LOGS, VOCABULARY, WEIGHTS
from charnn.runs.lock import is_locked, locked
from charnn.runs.logs import append_row, cut_log, read_rows, size_of
from charnn.storage.atomic import remove_abandoned, write_atomically

if TYPE_CHECKING:  # runs are listed without torch, and without NumPy
    from numpy.typing import NDArray
    from torch import Tensor

    from charnn.storage.tensor_file import TensorFile

KEPT_CHECKPOINTS = 2


@dataclass(frozen=True)
class Run:
    """A run folder.

    Attributes:
        path: the folder.
        writes: whether anything is written at all; of several processes only the first one writes.
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
        with self._writing(log):
            append_row(self.path / log, row)

    def rows(self, log: str) -> list[dict[str, Any]]:
        """All rows of a log; a last one that was cut off in the middle does not count.

        Raises:
            RunError: the log is damaged.
        """
        return read_rows(self.path / log)

    def cut_logs(self, sizes: Mapping[str, int]) -> None:
        """Cut off the rows that were written after a checkpoint.

        Args:
            sizes: the size of each log when the checkpoint was written.

        Raises:
            RunError: a log has lost rows since.
        """
        if not self.writes:
            return
        for log in LOGS:
            with self._writing(log):
                cut_log(self.path / log, sizes.get(log, 0))

    def checkpoints(self) -> list[Path]:
        """All checkpoints, the oldest first."""
        found = [path for path in (self.path / CHECKPOINTS).glob(f"*{WEIGHTS}") if path.stem.isdecimal()]
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
            return read_weights(paths.pop(step))
        except RunError as error:
            others = [other for other in sorted(paths, reverse=True) if _is_sound(paths[other])]
            offer = f"the one of step {others[0]} is sound: add `--from {others[0]}`" if others else "there is no other"
            raise RunError(f"{error}; {offer}") from None

    def save_checkpoint(self, step: int, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
        """Write a checkpoint, with the sizes that the logs have now, and remove those that are too old."""
        from charnn.storage.tensor_file import write_tensors

        if not self.writes:
            return
        sizes = {log: size_of(self.path / log) for log in LOGS}
        path = Path(CHECKPOINTS) / f"{step}{WEIGHTS}"
        with self._writing(str(path)):
            belongings = {"format": FORMAT, "vocabulary": self.vocabulary_hash, "offsets": sizes}
            write_tensors(self.path / path, tensors, {**document, **belongings})
        for old in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            old.unlink()

    def forget_after(self, step: int) -> bool:
        """Remove the checkpoints of later steps, and the best weights where they are of one; whether they were."""
        if not self.writes:
            return False
        for path in self.checkpoints():
            if int(path.stem) > step:
                path.unlink()
        best = self.path / f"best{WEIGHTS}"
        try:
            is_later = best.exists() and read_weights(best).document.get("step", 0) > step
        except RunError:  # it is damaged, which is told to those who ask for it
            return False
        if is_later:
            best.unlink()
        return is_later

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other training from this folder, and clear away what a killed one left half written.

        Raises:
            UsageError: another training writes it, or has just replaced it.
            RunError: there is no such folder.
        """
        if not self.writes:
            yield
            return
        with locked(self.path):
            for folder in (self.path, self.path / CHECKPOINTS):
                remove_abandoned(folder)
            yield

    def is_locked(self) -> bool:
        """Whether a training writes this folder now."""
        return is_locked(self.path)

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"cannot write {self.path / name}: {error.strerror or error}"
            for saved in self.checkpoints()[-1:]:
                message += f"; step {saved.stem} is saved: `charnn train --resume {self.path}` goes on from there"
            raise CharnnError(message) from None

    def save_weights(self, name: str, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
        """Write `best.safetensors` or `last.safetensors`: weights alone, and what they belong to."""
        from charnn.storage.tensor_file import write_tensors

        if not self.writes:
            return
        belongings = {
            "format": FORMAT,
            "vocabulary": self.vocabulary_hash,
            "symbols": self._symbols,
            "model": self._model,
        }
        with self._writing(f"{name}{WEIGHTS}"):
            write_tensors(self.path / f"{name}{WEIGHTS}", tensors, {**document, **belongings})

    def weights(self, name: str | None) -> tuple[dict[str, Tensor], Path]:
        """The weights of the run, and their file.

        Args:
            name: `best` or `last`; without either the best if there are any.

        Raises:
            RunError: the run is incomplete or damaged.
        """
        path = self._weights_file(name)
        file = read_weights(path)
        self._check_weights(path, file.document)
        return file.tensors, path

    def arrays(self, name: str | None) -> tuple[dict[str, NDArray[Any]], Path]:
        """The same as arrays of NumPy."""
        from charnn.storage.tensor_file import read_arrays

        path = self._weights_file(name)
        file = read_arrays(path)
        check_format(file.document.get("format"), str(path))
        self._check_weights(path, file.document)
        return file.arrays, path

    def parameters(self, name: str | None = None) -> int | None:
        """How many numbers were learned; None where no weights were saved (see `weights`)."""
        try:
            arrays, _ = self.arrays(name)
        except CharnnError:
            return None
        return sum(array.size for array in arrays.values())

    def _weights_file(self, name: str | None) -> Path:
        name = name or ("best" if (self.path / f"best{WEIGHTS}").exists() else "last")
        return self._file(f"{name}{WEIGHTS}")

    def _check_weights(self, path: Path, document: Mapping[str, Any]) -> None:
        # A file that says nothing of them is not charnn's: it has no checksum either.
        if document.get("vocabulary") != self.vocabulary_hash:
            raise RunError(f"{self.path} is damaged: {path.name} was saved with another vocabulary")
        if model_of(document) != self.config().model:
            raise RunError(f"{self.path} is damaged: {path.name} was saved with another model")

    @cached_property
    def vocabulary_hash(self) -> str:
        """The SHA-256 of the run's vocabulary, which checkpoints and weights name."""
        return hashlib.sha256(self._file(VOCABULARY).read_bytes()).hexdigest()

    @cached_property
    def _symbols(self) -> dict[str, Any]:
        symbols: dict[str, Any] = json.loads(self.vocabularies().to_json())
        return symbols

    @cached_property
    def _model(self) -> dict[str, Any]:
        model: dict[str, Any] = self.config().values()["model"]
        return model

    def write_config(self, config: Config) -> None:
        """Write the resolved configuration; a text that lies in the run moves with it."""
        source = config.corpus.source
        if source is not None and Path(source).parent == self.path.absolute():
            config = replace(config, corpus=config.corpus.model_copy(update={"source": Path(source).name}))
        self.write(CONFIG, config.to_yaml() + END)

    def config(self) -> Config:
        """The resolved configuration of the run.

        Raises:
            RunError: it is missing or cut off.
            ConfigError: it is not a configuration.
        """
        path = self._file(CONFIG)
        config = read_config(str(path), environment={})
        if not path.read_bytes().endswith(END.encode()):
            raise RunError(f"{path} is damaged: it is cut off, or its last line is gone")
        return config

    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the running text that the run was trained on.

        Raises:
            UsageError: it was trained on examples; the message says what such a run can be asked.
        """
        self.running_text()
        return self.vocabularies().input

    def running_text(self) -> Corpus:
        """The section `corpus` of a run that was trained on a running text.

        Raises:
            UsageError: it was trained on examples; the message says what such a run can be asked.
        """
        return running_text_of(self.config(), str(self.path))

    def vocabularies(self) -> Vocabularies:
        """The vocabularies of the run."""
        path = self._file(VOCABULARY)
        try:
            return Vocabularies.from_json(path.read_text(encoding="utf-8"), str(path))
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

    def _file(self, name: str) -> Path:
        if not (self.path / name).is_file():
            raise RunError(f"{self.path} is not a complete run: it has no {name}")
        return self.path / name


def read_weights(path: Path) -> TensorFile:
    """A checkpoint or weights, of a format that this charnn knows."""
    from charnn.storage.tensor_file import read_tensors

    file = read_tensors(path)
    check_format(file.document.get("format"), str(path))
    return file


def _is_sound(path: Path) -> bool:
    try:
        read_weights(path)
    except RunError:
        return False
    return True


def model_of(document: Mapping[str, Any]) -> Model | None:
    """The section `model` that weights say they belong to; None where they say none."""
    corpus = {"text": "", "split": [1.0]}
    values = {"format": document.get("format", 0), "corpus": corpus, "model": document.get("model")}
    try:
        return config_of(values).model if isinstance(values["model"], dict) else None
    except ConfigError:
        return None

"""Where runs are: how a new one is made, and an old one found by its name."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from charnn.errors import CharnnError, RunError, UsageError
from charnn.runs.layout import LAYOUT
from charnn.runs.run import Run

RUNS = Path("runs")


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
        if name and path.is_dir():
            return Run(path)
    raise RunError(f"no run `{name}`: no such folder, here or in {RUNS}")


def runs_in(folder: Path) -> list[Run]:
    """The runs in a folder, the oldest first."""
    paths = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    found = [path for path in paths if (path / "config.yaml").exists()]
    return [Run(path) for path in sorted(found, key=lambda path: (_born(path), path))]


def _born(path: Path) -> float:
    """When a run was made: its vocabulary is written only then."""
    vocabulary = path / "vocabulary.json"
    return vocabulary.stat().st_mtime if vocabulary.exists() else 0.0


@dataclass(frozen=True)
class Destination:
    """Where a new run will be: `out`, or the first `runs/<name>-N` that is free.

    Attributes:
        name: of the configuration.
        out: a folder that was named.
        force: whether a run in that folder is replaced.
        latest: whether `runs/latest` will point to it.
    """

    name: str
    out: Path | None = None
    force: bool = False
    latest: bool = True

    def check(self) -> None:
        """See whether the folder can be made, before any work is done.

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
            raise UsageError(f"{self.out} is not a run, or holds more than one: --force replaces only what charnn made")

    def create(self) -> Run:
        """Make the folder, in place of an old run if `force` allows it, and point `runs/latest` to it if `latest`.

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
            folder = self.out or RUNS
            raise CharnnError(f"cannot make the run folder {folder}: {error.strerror or error}") from None
        if self.latest:
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
    names = {entry.name for entry in path.iterdir() if not entry.name.startswith(tuple(f".{name}." for name in LAYOUT))}
    return not names or (names >= {"config.yaml", "vocabulary.json", "checkpoints"} and names <= LAYOUT)


def _point_to(path: Path) -> None:
    """Let `runs/latest` point to a run; the run is complete without it."""
    pointer = RUNS / f".latest-{os.getpid()}"
    try:
        RUNS.mkdir(exist_ok=True)
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(os.path.relpath(path.absolute(), RUNS.absolute()))
        pointer.replace(RUNS / "latest")
    except OSError:
        with suppress(OSError):
            pointer.unlink(missing_ok=True)

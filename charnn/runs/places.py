"""Where runs are: how a new one is made, and an old one found by its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from charnn.errors import CharnnError, RunError, UsageError
from charnn.runs.layout import CHECKPOINTS, LAYOUT, WEIGHTS
from charnn.runs.numbering import new_numbered_folder
from charnn.runs.run import Run

RUNS = Path("runs")


def open_run(name: str | None) -> Run:
    """The run called `name` (a path, or a folder in `runs/`), or the newest where none is named.

    Raises:
        RunError: there is no such run.
    """
    if name is None:
        return _newest()
    run = find_run(name)
    if run is None:
        path = Path(name)
        if path.suffix == WEIGHTS and find_run(str(path.parent)) is not None:
            raise RunError(f"{path} is a file of a run: name the run, {path.parent}, and choose with --weights")
        raise RunError(f"no run `{name}`: no such folder, here or in {RUNS}")
    return run


def find_run(name: str) -> Run | None:
    """The run called `name`: a path, or a folder in `runs/`; None where there is no such folder."""
    return next((Run(path) for path in (Path(name), RUNS / name) if name and path.is_dir()), None)


def _newest() -> Run:
    """The run that `runs/latest` points to; where that link is gone, the youngest in `runs/`."""
    latest = RUNS / "latest"
    if latest.is_symlink() and not latest.exists():
        raise RunError(f"the newest run, {RUNS / latest.readlink()}, is gone: name another")
    if latest.exists():
        return Run(RUNS / latest.readlink() if latest.is_symlink() else latest)
    there = runs_in(RUNS) if RUNS.is_dir() else []
    if not there:
        raise RunError("there is no run yet: `charnn train --config quickstart` makes one, or name a run's folder")
    return there[-1]


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
            UsageError: `out` exists and `force` is off, it holds something that charnn did not make, or a training
                writes it now.
        """
        if self.out is None and self.force:
            raise UsageError("--force replaces the folder that --out names: name one")
        if self.out is None or not os.path.lexists(self.out):
            return
        if not self.force:
            raise UsageError(f"{self.out} exists already: name another folder, or add --force to replace it")
        if not _is_run(self.out):
            raise UsageError(f"{self.out} is not a run, or holds more than one: --force replaces only what charnn made")
        if Run(self.out).is_locked():
            raise UsageError(f"{self.out} is being written by a training: stop it first, or name another folder")

    @contextmanager
    def created(self) -> Iterator[Run]:
        """The new run, whose folder is locked in the block: no other training writes, replaces or moves it.

        An old run in its place is removed if `force` allows it; `runs/latest` points to the new one if `latest`.

        Raises:
            CharnnError: the folder cannot be made.
        """
        self.check()
        try:
            path = self._make()
            (path / CHECKPOINTS).mkdir()
        except OSError as error:
            folder = self.out or RUNS
            raise CharnnError(f"cannot make the run folder {folder}: {error.strerror or error}") from None
        with Run(path).locked():
            if self.latest:
                _point_to(path)
            yield Run(path)

    def _make(self) -> Path:
        if self.out is None:
            RUNS.mkdir(exist_ok=True)
            return new_numbered_folder(RUNS, self.name)
        if self.out.exists():
            with Run(self.out).locked():
                shutil.rmtree(self.out)
        self.out.mkdir(parents=True)
        return self.out


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

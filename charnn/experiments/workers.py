"""Several trainings at once, each in a process of its own, which ends with the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from charnn.errors import CharnnError
from charnn.experiments.trial import Trial

PARENT = "CHARNN_PARENT"
"""The environment variable that names the process without which a worker ends."""

_PAUSE = 0.1
_LAST_BYTES = 4096


@dataclass(frozen=True)
class Ended:
    """A training whose process has ended.

    Attributes:
        why: its last message where it failed; empty where it did not.
    """

    trial: Trial
    why: str = ""


@dataclass(frozen=True)
class _Worker:
    trial: Trial
    process: subprocess.Popen[bytes]
    log: IO[bytes]


def log_of(trial: Trial) -> Path:
    """What a worker said while it trained: a file beside the folder of the run."""
    return trial.folder.with_name(f"{trial.folder.name}.log")


def train_all(
    trials: Sequence[Trial],
    command: Callable[[Trial], Sequence[str]],
    jobs: int,
    stop: Callable[[], object] = lambda: None,
) -> Iterator[Ended]:
    """Train what is not over, so many at once; each is given when it has ended.

    One that another process trains already is waited for. Where this is left early, all workers are asked to stop,
    save what they have and end.

    Args:
        trials: the trainings.
        command: what trains one of them: arguments of charnn.
        jobs: how many at once.
        stop: says, by anything but None, that all are to stop.
    """
    waiting, working, elsewhere = list(trials), list[_Worker](), list[Trial]()
    with _ending(working):
        while (waiting or working or elsewhere) and stop() is None:
            while waiting and len(working) < jobs:
                trial = waiting.pop(0)
                if trial.run.is_locked():
                    elsewhere.append(trial)
                else:
                    working.append(_start(trial, command(trial)))
            for worker in [worker for worker in working if worker.process.poll() is not None]:
                working.remove(worker)
                yield _ended(worker)
            for trial in [trial for trial in elsewhere if not trial.run.is_locked()]:
                elsewhere.remove(trial)
                waiting.append(trial)
            time.sleep(_PAUSE)


def end_with_parent() -> None:
    """In a worker: stop, as if asked to by a signal, when the process that started it is gone."""
    parent = os.environ.get(PARENT)
    if parent is None:
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(_PAUSE)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _start(trial: Trial, arguments: Sequence[str]) -> _Worker:
    # More threads than the configuration says are not wanted before it is read either.
    environment = {**os.environ, PARENT: str(os.getpid()), "OMP_NUM_THREADS": str(trial.config.train.threads or 1)}
    trial.folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        log = log_of(trial).open("wb")
    except OSError as error:
        raise CharnnError(f"cannot write {log_of(trial)}: {error.strerror}") from None
    process = subprocess.Popen(
        [sys.executable, "-m", "charnn", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=environment,
        # Ctrl-C in a terminal reaches this process alone, which passes it on once.
        start_new_session=True,
    )
    return _Worker(trial, process, log)


def _ended(worker: _Worker) -> Ended:
    worker.log.close()
    if worker.process.returncode == 0:
        return Ended(worker.trial)
    with log_of(worker.trial).open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_BYTES))
        said = log.read().decode(errors="replace").strip()
    message = said.rpartition("error: ")[2].partition("\n")[0]
    return Ended(worker.trial, message or f"its process ended with {worker.process.returncode}")


@contextmanager
def _ending(working: list[_Worker]) -> Iterator[None]:
    """Whatever happens, no worker is left behind."""
    try:
        yield
    finally:
        for worker in working:
            worker.process.send_signal(signal.SIGTERM)
        for worker in working:
            worker.process.wait()
            worker.log.close()

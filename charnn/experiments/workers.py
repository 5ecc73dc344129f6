"""Several trainings at once, each in a process of its own, which ends with the one that started it.

They are forked off a process that has imported all that a training needs: each of them would take seconds for it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from charnn.errors import CharnnError
from charnn.experiments.trial import Trial

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
    process: ForkServerProcess


def log_of(trial: Trial) -> Path:
    """What a worker said while it trained: a file beside the folder of the run."""
    return trial.folder.with_name(f"{trial.folder.name}.log")


def train_all(
    trials: Sequence[Trial],
    command: Callable[[Trial], Sequence[str]],
    main: Callable[[], None],
    jobs: int,
    stop: Callable[[], object] = lambda: None,
) -> Iterator[Ended]:
    """Train what is not over, so many at once; each is given when it has ended.

    One that another process trains already is waited for. Where this is left early, all workers are asked to stop,
    save what they have and end.

    Args:
        trials: the trainings.
        command: what trains one of them: arguments of charnn.
        main: runs charnn with the arguments in `sys.argv`; a function of a module.
        jobs: how many at once.
        stop: says, by anything but None, that all are to stop.
    """
    waiting, working, elsewhere = list(trials), list[_Worker](), list[Trial]()
    server = _server()
    with _ending(working):
        while (waiting or working or elsewhere) and stop() is None:
            while waiting and len(working) < jobs:
                trial = waiting.pop(0)
                if trial.run.is_locked():
                    elsewhere.append(trial)
                else:
                    working.append(_start(server, trial, command(trial), main))
            for worker in [worker for worker in working if not worker.process.is_alive()]:
                working.remove(worker)
                yield _ended(worker)
            for trial in [trial for trial in elsewhere if not trial.run.is_locked()]:
                elsewhere.remove(trial)
                waiting.append(trial)
            time.sleep(_PAUSE)


def _server() -> ForkServerContext:
    """Where processes are forked off one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["charnn.training.job"])
    # More threads than a configuration says are not wanted before it is read either.
    os.environ["OMP_NUM_THREADS"] = "1"
    # What reaches all that a terminal started must not end it: those that it forks are stopped one by one.
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        forkserver.ensure_running()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return context


def _start(server: ForkServerContext, trial: Trial, arguments: Sequence[str], main: Callable[[], None]) -> _Worker:
    log = log_of(trial)
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        log.write_bytes(b"")
    except OSError as error:
        raise CharnnError(f"cannot write {log}: {error.strerror}") from None
    process = server.Process(target=_work, args=(main, list(arguments), log))
    process.start()
    return _Worker(trial, process)


def _work(main: Callable[[], None], arguments: list[str], log: Path) -> None:
    """In a worker: run charnn, with what it says in a file, until its end or that of the process that started it."""
    # Ctrl-C in a terminal reaches the process that started this one alone, which passes it on once.
    os.setsid()
    for stream, file, mode in ((0, os.devnull, os.O_RDONLY), (1, log, os.O_WRONLY | os.O_APPEND)):
        os.dup2(os.open(file, mode), stream)
    os.dup2(1, 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = ["charnn", *arguments]
    main()


def _end_with_parent() -> None:
    """Stop, as if asked to by a signal, when the process that wanted this one is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _ended(worker: _Worker) -> Ended:
    code = worker.process.exitcode
    if code == 0:
        return Ended(worker.trial)
    with log_of(worker.trial).open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_BYTES))
        said = log.read().decode(errors="replace").strip()
    message = said.rpartition("error: ")[2].partition("\n")[0]
    return Ended(worker.trial, message or f"its process ended with {code}")


@contextmanager
def _ending(working: list[_Worker]) -> Iterator[None]:
    """Whatever happens, no worker is left behind."""
    try:
        yield
    finally:
        for worker in working:
            worker.process.terminate()
        for worker in working:
            worker.process.join()

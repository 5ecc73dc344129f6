"""Trainings as processes of their own, which may be killed, and which need not import everything anew."""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import signal
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["charnn.cli.train", "charnn.training.job"])


class Aim(NamedTuple):
    """The n-th call of a function that writes, before or right after which a process ends without warning."""

    owner: str
    name: str
    when: str
    call: int = 1


def start(*arguments: str, aim: Aim | None = None) -> BaseProcess:
    """`charnn` with these arguments, forked off a process that has imported what a training needs."""
    process = _SERVER.Process(target=_run, args=(arguments, aim, Path.cwd(), dict(os.environ)))
    process.start()
    return process


def run(*arguments: str) -> None:
    """The same to its end, which must be a good one."""
    process = start(*arguments)
    process.join()
    assert process.exitcode == 0, arguments


def _run(arguments: tuple[str, ...], aim: Aim | None, folder: Path, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if aim is not None:
        _take(aim)
    sys.argv = ["charnn", *arguments]
    from charnn.cli import main

    main()


def _take(aim: Aim) -> None:
    """Put in the place of the function one that ends the process."""
    owner: Any = {"os": os, "Path": pathlib.Path}[aim.owner]
    original, calls = getattr(owner, aim.name), 0

    def deadly(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == aim.call and aim.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if calls == aim.call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, aim.name, deadly)

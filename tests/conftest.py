"""Every shape annotation is checked at run time, in one thread, by the same seeds."""

from __future__ import annotations

import os
import signal

# Before torch is imported: two OpenMP threads beside another busy process can be 100 times slower than one.
os.environ["OMP_NUM_THREADS"] = "1"

from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

TAKE_TENSORS = (
    "analysis.decision",
    "analysis.gradients",
    "analysis.tracing",
    "analysis.truncation",
    "analysis.units",
    "batches",
    "bptt.engines",
    "bptt.execution",
    "bptt.loops",
    "bptt.recompute",
    "bptt.rows",
    "cells",
    "evaluation",
    "generation",
    "mixture",
    "networks",
    "training.updates",
    "training.trainer",
)
install_import_hook([f"charnn.{name}" for name in TAKE_TENSORS], "typechecker.check")

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)
# Where a shell starts the tests in the background, these are ignored, and so they would be by what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
settings.register_profile("charnn", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("charnn")


@pytest.fixture(autouse=True, scope="session")
def _away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is made once for many tests is made outside the checkout too, whose `runs/latest` is somebody's own."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _isolate(tmp_path_factory.mktemp("away"), monkeypatch)
        yield


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in a folder of its own."""
    _isolate(tmp_path, monkeypatch)


def _isolate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder, with nobody's settings and nobody's cache."""
    for variable in list(os.environ):
        if variable.startswith("CHARNN_") and variable != "CHARNN_CORPORA":
            monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.chdir(folder)


def corpus_file(name: str) -> Path:
    """A real text for tests; the test is skipped where it is not at hand."""
    for folder in os.environ.get("CHARNN_CORPORA", "").split(os.pathsep):
        if folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    pytest.skip(f"{name} is in no folder of $CHARNN_CORPORA")

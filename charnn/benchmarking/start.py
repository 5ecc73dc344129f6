"""`charnn bench start`: the CPU time of whole commands, from the first instruction of Python to the last.

Each command runs in a process of its own, with compiled kernels and once more by torch (`CHARNN_KERNELS=none`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from charnn.benchmarking.harness import Timing
from charnn.configuration.reading import config_of
from charnn.kernels.library import SWITCH
from charnn.runs.places import Destination
from charnn.training.observers import Observer
from charnn.training.start import started

TEXT = "the quick brown fox jumps over the lazy dog. " * 40
CHARACTERS = 1_000

COMMANDS = {
    "charnn --help": ["--help"],
    "charnn sample --length 10": ["sample", "RUN", "--length", "10"],
    f"charnn evaluate, {CHARACTERS:,} characters": ["evaluate", "RUN", "--text", "TEXT"],
    "charnn runs": ["runs", "RUNS"],
}
"""RUN, RUNS and TEXT stand for a small run, the folder that it lies in, and a text."""


def time_starts(rounds: int) -> list[dict[str, Any]]:
    """The CPU seconds of each command, and the ratio of those by torch to them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_run(folder / "runs" / "run")
        (folder / "text.txt").write_text(TEXT[: CHARACTERS + 1])
        places = {"RUN": str(folder / "runs" / "run"), "RUNS": str(folder / "runs"), "TEXT": str(folder / "text.txt")}
        rows = []
        for subject, words in COMMANDS.items():
            arguments = [places.get(word, word) for word in words]
            taken: dict[str, list[float]] = {"": [], "none": []}
            for _ in range(rounds):
                for kernels, seconds in taken.items():
                    seconds.append(_cpu_seconds(arguments, kernels))
            ours, by_torch = (Timing(subject, 1, tuple(seconds)) for seconds in taken.values())
            rows.append({**ours.row(), "ratio_to_torch": ours.ratio_to(by_torch)})
        return rows


def _cpu_seconds(arguments: Sequence[str], kernels: str) -> float:
    environment = {**os.environ, **({SWITCH: kernels} if kernels else {})}
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "charnn", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _make_run(path: Path) -> None:
    config = config_of(
        {
            "corpus": {"text": TEXT, "split": [1.0]},
            "model": {"cell": "lstm", "hidden": 128},
            "bptt": {"tau": 16},
            "train": {"lanes": 4, "steps": 2, "device": "cpu"},
        }
    )
    with started(config, Destination("run", path, latest=False), Observer()) as training:
        training.run_to_end()

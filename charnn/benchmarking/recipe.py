"""`charnn bench recipe`: the recipe `min-char-rnn` as it is trained, against the classic NumPy program that it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from charnn.benchmarking.harness import Contender, measure
from charnn.benchmarking.peers.classic import ClassicProgram
from charnn.configuration.reading import read_config
from charnn.data.running_text.dataset import read_dataset
from charnn.runs.places import Destination
from charnn.training.observers import Observer
from charnn.training.start import started

RECIPE = "min-char-rnn"


def time_recipe(steps: int, rounds: int) -> list[dict[str, Any]]:
    """So many updates of the program, in float64 as the recipe is, and whole trainings of as many.

    A training reads its text, makes a run folder, reports, samples and writes checkpoints as the recipe says.
    """
    config = read_config(RECIPE, [f"train.steps={steps}"], {})
    dataset = read_dataset(**config.corpus.model_dump())
    program = ClassicProgram(dataset.ids, len(dataset.vocabulary), config.model.hidden, dtype=np.float64)
    characters = steps * program.window
    with tempfile.TemporaryDirectory() as folder:
        contenders = [
            Contender("classic NumPy, float64", lambda: [program.step() for _ in range(steps)], characters),
            Contender(f"charnn train --config {RECIPE}", _training(steps, Path(folder)), characters),
        ]
        timings = measure(contenders, rounds)
    return [{"steps": steps, **timing.row(), "ratio": timing.ratio_to(timings[0])} for timing in timings]


def _training(steps: int, folder: Path) -> Callable[[], object]:
    config = read_config(RECIPE, [f"train.steps={steps}"], {})
    destination = Destination("run", folder / "run", force=True, latest=False)

    def run() -> None:
        with started(config, destination, Observer()) as training:
            training.run_to_end()

    return run

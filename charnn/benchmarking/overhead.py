"""`charnn bench overhead`: what a training costs in addition to its updates: reading, logging, checkpoints."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from charnn.benchmarking.harness import Contender, measure
from charnn.benchmarking.train import VOCABULARY, Shape, make_trainer
from charnn.configuration.reading import config_of
from charnn.runs.places import Destination
from charnn.training.observers import Observer
from charnn.training.start import started

SHAPE = Shape(256, 32, 64)


def time_overhead(cell: str, steps: int, rounds: int) -> list[dict[str, Any]]:
    """A whole training, compared with as many updates alone, on one window that is kept in memory."""
    characters = steps * SHAPE.characters
    with tempfile.TemporaryDirectory() as folder:
        contenders = [
            Contender("updates alone", _updates(cell, steps), characters),
            Contender("training", _training(cell, steps, Path(folder)), characters),
        ]
        alone, whole = measure(contenders, rounds)
    return [
        {"cell": cell, "shape": SHAPE.name, "steps": steps, **timing.row(), "ratio": timing.ratio_to(alone)}
        for timing in (alone, whole)
    ]


def _updates(cell: str, steps: int) -> Callable[[], object]:
    ids = np.random.default_rng(1).integers(0, VOCABULARY, SHAPE.characters * 4 + 1).astype(np.uint8)
    trainer = make_trainer(cell, "auto", SHAPE, ids, "cpu")
    batch = next(trainer.loader.batches())

    def run() -> None:
        for _ in range(steps):
            trainer.step(batch)

    return run


def _training(cell: str, steps: int, folder: Path) -> Callable[[], object]:
    text = folder / "text.txt"
    symbols = "".join(map(chr, range(32, 32 + VOCABULARY)))
    ids = np.random.default_rng(1).integers(0, VOCABULARY, SHAPE.characters * 40)
    text.write_text(symbols + "".join(symbols[number] for number in ids))
    config = config_of(
        {
            "corpus": {"source": str(text), "split": [1.0]},
            "model": {"cell": cell, "hidden": SHAPE.hidden},
            "bptt": {"tau": SHAPE.steps},
            "train": {"lanes": SHAPE.lanes, "steps": steps, "device": "cpu"},
        }
    )
    destination = Destination("run", folder / "run", force=True, latest=False)

    def run() -> None:
        with started(config, destination, Observer()) as training:
            training.run_to_end()

    return run

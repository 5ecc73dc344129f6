"""What is timed: how many operations a step has, and which engines are timed."""

from __future__ import annotations

import time

import numpy as np
import pytest

from charnn.benchmarking.harness import Contender, measure
from charnn.benchmarking.peers.with_jax import CELLS as WITH_JAX
from charnn.benchmarking.peers.with_jax import jax_step
from charnn.benchmarking.train import VOCABULARY, Shape, contenders, default_engines, make_trainer, operations
from tests.cells.others import others
from tests.models import EVERY_CELL

SHAPE = Shape(hidden=4, lanes=2, steps=3)


@pytest.mark.parametrize(
    ("cell", "matrices"),
    # `squared` has two dense matrices of its own, `peephole-lstm` diagonal weights, and `min-gru` no recurrent matrix.
    {
        "linear": 1,
        "rnn": 1,
        "simple-gru": 2,
        "gru": 3,
        "lstm": 4,
        "min-gru": 0,
        "peephole-lstm": 4,
        "squared": 4,
    }.items(),
)
def test_the_operations_of_a_step_are_those_of_its_products(cell: str, matrices: int) -> None:
    """One product of H with H for each matrix, one of H with V; the backward pass has twice as many."""
    with others():
        assert operations(cell, SHAPE) == 3 * (2 * 3 * 2) * (matrices * 4 * 4 + 4 * VOCABULARY)


def test_every_cell_can_be_timed() -> None:
    for cell in EVERY_CELL:
        with others():
            for contender in contenders(cell, SHAPE, default_engines(cell, "cpu"), "cpu"):
                contender.run()


def test_a_cell_has_its_engines_and_its_peer_as_contenders() -> None:
    names = [contender.name for contender in contenders("lstm", SHAPE, default_engines("lstm", "cpu"), "cpu")]
    assert names[0] == "torch.nn.LSTM"
    assert {"charnn autograd", "charnn manual"} <= {*names}
    assert all(contender.characters == 6 for contender in contenders("rnn", SHAPE, ["manual"], "cpu"))


@pytest.mark.parametrize("cell", WITH_JAX)
def test_jax_learns_the_same(cell: str) -> None:
    """The losses of the first updates, from the same weights."""
    pytest.importorskip("jax")
    ids = np.random.default_rng(2).integers(0, VOCABULARY, 4 * 6 + 1).astype(np.uint8)
    trainer = make_trainer(cell, "native", SHAPE, ids, "cpu")
    weights = {
        name.removeprefix("cells.0."): value.numpy().copy() for name, value in trainer.network.state_dict().items()
    }
    step = jax_step(cell, weights, ids, SHAPE.lanes, SHAPE.steps)
    batches = trainer.loader.batches()
    for _ in range(4):
        update = trainer.step(next(batches))
        assert step() == pytest.approx(update.nats / update.characters, abs=2e-5)


def test_a_small_step_is_repeated_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    clock = [0.0]

    def take(seconds: float, name: str) -> None:
        clock[0] += seconds
        ran.append(name)

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    timed = [Contender("slow", lambda: take(1.0, "slow"), 1), Contender("fast", lambda: take(0.25, "fast"), 1)]
    slow, fast = measure(timed, rounds=2, stretch=1.0)
    assert (slow.seconds, fast.seconds) == ((1.0, 1.0), (0.25, 0.25))
    assert ran[4:] == ["slow", *["fast"] * 4] * 2

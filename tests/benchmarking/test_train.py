"""What is timed: how many operations a step has, and which engines are timed."""

from __future__ import annotations

import pytest

from charnn.benchmarking.train import VOCABULARY, Shape, contenders, default_engines, operations
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

"""What is timed: how many operations a step has, and which engines are timed."""

from __future__ import annotations

import pytest

from charnn.benchmarking.train import VOCABULARY, Shape, contenders, default_engines, operations
from charnn.cells import CELLS

SHAPE = Shape(hidden=4, lanes=2, steps=3)


@pytest.mark.parametrize("name", CELLS.names())
def test_the_products_of_a_step_are_counted_from_what_the_cell_declares(name: str) -> None:
    cell = CELLS.load(name)
    dense = [weight for weight in cell.weights if not weight.diagonal]
    blocks = sum(len(matrix.gates) for matrix in (*cell.recurrent, *dense))
    assert operations(name, SHAPE) == 3 * 2 * (3 * 2) * 4 * (blocks * 4 + VOCABULARY)


def test_the_formula_of_the_documentation() -> None:
    """6 T B H (G H + V), where every gate has a recurrent matrix."""
    for name, gates in {"linear": 1, "rnn": 1, "simple-gru": 2, "gru": 3, "lstm": 4}.items():
        assert operations(name, SHAPE) == 6 * 3 * 2 * 4 * (gates * 4 + VOCABULARY)


def test_a_cell_has_its_engines_and_its_peer_as_contenders() -> None:
    names = [contender.name for contender in contenders("lstm", SHAPE, default_engines("lstm", "cpu"), "cpu")]
    assert names[0] == "torch.nn.LSTM"
    assert {"charnn autograd", "charnn manual"} <= {*names}
    assert all(contender.characters == 6 for contender in contenders("rnn", SHAPE, ["manual"], "cpu"))

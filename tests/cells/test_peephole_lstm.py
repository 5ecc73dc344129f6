"""The peepholes of the LSTM: what they add, that they are learned, and that a checkpoint has them."""

from __future__ import annotations

from pathlib import Path

import torch

from charnn.bptt.engines.manual import Manual
from charnn.configuration.reading import read_settings
from charnn.configuration.sections import Model, default_cell
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.initialisation import initialise
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.training.resume import Continuation, resume
from tests.models import random_cell, random_state
from tests.training.onlooker import Onlooker
from tests.training.starting import start

PEEPHOLES = ("p_u", "p_f", "p_o")


def test_it_starts_as_an_lstm() -> None:
    """All peepholes are 0 at first, and with them the equations are those of the LSTM."""
    network = LanguageModel(7, Model(cell=default_cell("peephole-lstm"), hidden=4))
    initialise(network, "orthogonal", seed=1)
    assert not any(network.layers[0].get_parameter(name).detach().any() for name in PEEPHOLES)
    cell, lstm = random_cell("peephole-lstm", 3, 4), random_cell("lstm", 3, 4)
    with torch.no_grad():
        for name in PEEPHOLES:
            cell.get_parameter(name).zero_()
        for parameter, own in zip(lstm.parameters(), cell.parameters(), strict=False):
            parameter.copy_(own)
    x, state = torch.randn(6, 2, 3, dtype=torch.float64), random_state(cell, 2)
    for found, expected in zip(Manual()(cell, x, state)[1], Manual()(lstm, x, state)[1], strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-13)


def test_its_peepholes_move_in_a_training_and_come_back_from_a_checkpoint() -> None:
    settings = (
        *("corpus={text: 'the cat sat on the mat and the dog sat on the log', split: [1.0]}", "bptt.tau=6"),
        *("model={cell: peephole-lstm, hidden: 4}", "train={lanes: 2, steps: 3}"),
    )
    training = start(read_settings(*settings), Destination("run", Path("run")), Onlooker())
    training.run_to_end()
    resumed = resume(Continuation(Run(Path("run"))), Onlooker())
    for name in PEEPHOLES:
        moved = training.trainer.network.layers[0].get_parameter(name)
        assert moved.detach().all()
        assert torch.equal(moved, resumed.trainer.network.layers[0].get_parameter(name))
        assert f"optimizer.cells.0.{name}.exp_avg" in training.run.checkpoint().tensors

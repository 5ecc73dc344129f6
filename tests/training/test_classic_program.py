"""`configs/min-char-rnn.yaml` is the classic NumPy program, number for number.

The program is chaotic (one unit in the last place of one weight grows to order 1 within 100 steps), so
equality is shown step by step, each from the oracle's own state.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from statistics import mean, stdev

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from charnn.batches.running_text import RunningText
from charnn.benchmarking.peers.classic import EPSILON, ClassicProgram
from charnn.bptt.plan import Window
from charnn.bptt.strategies import STRATEGIES
from charnn.configuration.reading import read_config
from charnn.data.running_text.dataset import read_dataset
from charnn.data.running_text.lanes import Lanes
from charnn.networks.language_model import LanguageModel
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.runs.weights import find_weights
from charnn.storage.tensor_file import write_tensors
from charnn.training.initial import Initial
from charnn.training.trainer import Trainer
from tests.conftest import corpus_file
from tests.training.onlooker import Onlooker
from tests.training.starting import start as start_training

# Ours by theirs; vectors are rows here and columns there.
NAMES = {"cells.0.W_x": "W_hx", "cells.0.W_h": "W_hh", "cells.0.b": "b_h", "W_q": "W_qh", "b_q": "b_q"}


def row_form(name: str, matrix: NDArray[np.float64]) -> torch.Tensor:
    tensor = torch.from_numpy(matrix)
    return tensor[:, 0].clone() if name.startswith("b") else tensor.t().clone()


def start(text: str) -> tuple[Trainer, ClassicProgram]:
    """Our trainer and the oracle, on the same text."""
    Path("text.txt").write_text(text, encoding="utf-8")
    config = read_config("min-char-rnn", ["corpus.source=text.txt"], {})
    dataset = read_dataset(**config.corpus.model_dump())
    program = ClassicProgram(dataset.ids, len(dataset.vocabulary))
    network = LanguageModel(len(dataset.vocabulary), config.model).double()
    lanes, strategy = Lanes(dataset.part("train"), config.train.lanes), STRATEGIES.of(config.bptt.strategy)
    loader = RunningText(lanes, strategy, config.train.seed, config.train.loss, network.device)
    return Trainer(config, network, loader), program


@torch.no_grad()
def copy_state(program: ClassicProgram, trainer: Trainer) -> None:
    """Weights, Adagrad's memory and the hidden state, from theirs to ours."""
    parameters = dict(trainer.network.named_parameters())
    for ours, theirs in NAMES.items():
        parameters[ours].copy_(row_form(theirs, program.weights[theirs]))
        trainer.optimizer.state[parameters[ours]]["sum"].copy_(row_form(theirs, program.memory[theirs]) + EPSILON)
    trainer.states = ((torch.from_numpy(program.h).t().clone(),),)


@pytest.mark.parametrize("characters", [None, 1001], ids=["the whole text", "1,001 characters, which wrap"])
def test_each_of_1000_steps_is_the_oracle_s(characters: int | None) -> None:
    """Loss, hidden state and updated weights to 1e-9, from the oracle's state, with our own position."""
    text = corpus_file("time-machine.txt").read_text(encoding="utf-8")[:characters]
    trainer, program = start(text)
    positions = []
    length = len(text) - 1
    for batch, _ in zip(trainer.loader.batches(), range(1000), strict=False):
        copy_state(program, trainer)
        loss = program.step()
        begin = round(batch.epoch % 1 * length)
        assert begin == program.position - 25
        update = trainer.step(batch)
        assert update.objective == pytest.approx(loss, rel=1e-9, abs=1e-9)
        np.testing.assert_allclose(trainer.states[0][0].numpy().T, program.h, rtol=0, atol=1e-9)
        for ours, theirs in NAMES.items():
            found = dict(trainer.network.named_parameters())[ours].detach()
            torch.testing.assert_close(found, row_form(theirs, program.weights[theirs]), rtol=0, atol=1e-9)
        positions.append(begin)
    # 1,001 characters wrap after position 950: at 975 a whole window would fit, and the rule goes back all the same.
    assert max(positions) == (950 if characters else 999 * 25)
    assert positions.count(0) == (1000 // 39 + 1 if characters else 1)


def test_running_free_the_first_losses_agree(tmp_path: Path) -> None:
    """From the same initial weights, as anyone can repeat it: `--init`, float64, a report every step."""
    source = corpus_file("time-machine.txt")
    _, program = start(source.read_text(encoding="utf-8"))
    weights = {ours: row_form(theirs, program.weights[theirs]) for ours, theirs in NAMES.items()}
    write_tensors(tmp_path / "weights.safetensors", weights, {})
    config = read_config("min-char-rnn", [f"corpus.source={source}", "train.steps=5", "train.report_every=1"], {})
    initial = Initial(find_weights(str(tmp_path / "weights.safetensors")))
    training = start_training(config, Destination("run", tmp_path / "run"), Onlooker(), initial)
    training.run_to_end()
    for row in Run(tmp_path / "run").rows("metrics.jsonl"):
        loss = program.step()
        assert row["objective"] == pytest.approx(loss, abs=1e-9)
        assert row["loss"] == pytest.approx(loss / 25, abs=1e-9)
        assert row["smoothed_objective"] == pytest.approx(program.smoothed_loss, abs=1e-9)
        assert row["learning_rate"] == 0.1
    assert program.steps == 5


@pytest.mark.soak
def test_the_smoothed_loss_after_5000_steps_lies_within_the_oracle_s_spread(tmp_path: Path) -> None:
    source = corpus_file("time-machine.txt")
    dataset = read_dataset(source=str(source))
    spread = []
    for seed in range(1, 6):
        program = ClassicProgram(dataset.ids, len(dataset.vocabulary), seed=seed)
        for _ in range(5000):
            program.step()
        spread.append(program.smoothed_loss)
    config = read_config("min-char-rnn", [f"corpus.source={source}", "train.steps=5000"], {})
    training = start_training(config, Destination("run", tmp_path / "run"), Onlooker())
    training.run_to_end()
    # Rounding differs between processors and the program is chaotic: each machine draws another value.
    assert abs(training.meter.smoothed_objective - mean(spread)) < 3 * stdev(spread)


def test_the_recipe_says_what_the_program_does() -> None:
    config = read_config("min-char-rnn", [], {})
    window = Window(0, 25, divisor=25, save_at=25, resets=True)
    assert next(STRATEGIES.of(config.bptt.strategy).windows(1000, Random(0))) == window
    assert (config.clip.by, config.clip.threshold) == ("value", 5.0)
    assert (config.train.lanes, config.train.loss, config.train.dtype) == (1, "sum", "float64")
    assert (config.train.sample_every, config.train.sample_length) == (100, 200)
    assert (config.model.cell.name, config.model.hidden, config.model.initialisation) == ("rnn", 100, "gaussian")

"""The trainer: every strategy on every engine, carried states, and what a checkpoint holds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from charnn.batches.batch import Batch
from charnn.batches.running_text import RunningText
from charnn.bptt.execution import Execution
from charnn.bptt.strategies import STRATEGIES
from charnn.configuration.config import Config
from charnn.configuration.reading import read_settings
from charnn.data.running_text.lanes import Lanes
from charnn.errors import DivergedError, InputError, StoppedError
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.initialisation import initialise
from charnn.networks.readout import cross_entropy
from charnn.networks.stack import detached
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.storage.tensor_file import read_tensors
from charnn.training.trainer import Trainer
from charnn.training.updates.several import MOST
from tests.models import ALL_CELLS, ALL_ENGINES, relative_difference
from tests.training.onlooker import Onlooker
from tests.training.starting import start

PLANS = {
    "full": "{strategy: full, sequence: 7}",
    "full lane": "{strategy: full}",
    "truncated": "{strategy: truncated, tau: 6}",
    "stride": "{strategy: truncated, tau: 6, stride: 2}",
    "randomized": "{strategy: randomized, pi: [0.8, 0.6], max_window: 4}",
}
IDS = np.random.default_rng(3).integers(0, 5, 83).astype(np.uint8)


def configured(*settings: str) -> Config:
    return read_settings("corpus.text=x", "model.hidden=4", "train.lanes=2", "train.dtype=float64", *settings)


def trainer_of(config: Config, ids: np.ndarray = IDS) -> Trainer:
    network = LanguageModel(5, config.model).to(getattr(torch, config.train.dtype))
    initialise(network, config.model.initialisation, config.train.seed)
    lanes, strategy = Lanes(ids, config.train.lanes), STRATEGIES.of(config.bptt.strategy)
    return Trainer(config, network, RunningText(lanes, strategy, config.train.seed, config.train.loss, network.device))


def passes(trainer: Trainer, count: int) -> Iterator[Batch]:
    """The batches of so many passes over the text."""
    assert isinstance(trainer.loader, RunningText)
    for batch in trainer.loader.batches():
        if trainer.loader.position.epoch == count:
            return
        yield batch


@pytest.mark.parametrize("cell", ALL_CELLS)
@pytest.mark.parametrize("strategy", PLANS)
def test_engines_train_alike(cell: str, strategy: str) -> None:
    """Two passes over the text with two layers and dropout: every weight and carried state, to 1e-10."""
    trainers = [
        trainer_of(configured(f"model.cell={cell}", "model.layers=2", "model.dropout=0.2",
                              f"bptt={PLANS[strategy]}", f"bptt.engine={name}"))
        for name in ALL_ENGINES
    ]  # fmt: skip
    for trainer in trainers:
        for batch in passes(trainer, 2):
            trainer.step(batch)
    first, *others = (trainer.tensors() for trainer in trainers)
    assert trainers[0].steps > 1
    for other in others:
        assert first.keys() == other.keys()
        for name, tensor in first.items():
            assert relative_difference(other[name], tensor) < 1e-10, name


def test_each_strategy_reads_every_character_once_a_pass() -> None:
    for text in PLANS.values():
        trainer = trainer_of(configured(f"bptt={text}"))
        assert sum(trainer.step(batch).characters for batch in passes(trainer, 1)) == 82
        assert trainer.loader.losses_in_a_pass == 82


def test_the_state_is_carried_between_windows_and_the_gradient_is_not() -> None:
    """Against a slow trainer: the text read from its beginning, cut by hand."""
    config = configured(
        "bptt={strategy: truncated, tau: 6}", "optimizer={name: sgd, learning_rate: 0.5}", "clip={by: none}"
    )
    trainer = trainer_of(config)
    slow = trainer_of(config).network
    assert isinstance(slow, LanguageModel)
    inputs, targets = (torch.from_numpy(part) for part in Lanes(IDS, 2).window(0, 41))
    states = slow.zero_state(2)
    for batch, begin in zip(trainer.loader.batches(), range(0, 41, 6), strict=False):
        logits, states = slow.logits(inputs[begin : begin + 6], states, Execution.of("autograd"))
        loss = cross_entropy(logits, targets[begin : begin + 6]) / (6 * 2)
        gradients = torch.autograd.grad(loss, list(slow.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(slow.parameters(), gradients, strict=True):
                parameter.sub_(0.5 * gradient)
        states = detached(states)
        assert trainer.step(batch).objective == pytest.approx(loss.item(), rel=1e-12)
    for found, expected in zip(trainer.network.parameters(), slow.parameters(), strict=True):
        assert relative_difference(found, expected) < 1e-12


def test_a_stride_rereads_from_the_state_that_was_saved_there() -> None:
    """At a rate of next to nothing the weights stand still, and every carried state is that of one long pass."""
    config = configured(
        "model.cell=lstm", "bptt={strategy: truncated, tau: 6, stride: 2}", "optimizer.learning_rate=1e-30"
    )
    trainer = trainer_of(config)
    inputs, targets = (torch.from_numpy(part) for part in Lanes(IDS, 2).window(0, 41))
    network, loader = trainer.network, trainer.loader
    assert isinstance(network, LanguageModel)
    assert isinstance(loader, RunningText)
    for window in loader.strategy.windows(41, Random(0)):
        if window.start:
            _, expected = network.logits(inputs[: window.start], network.zero_state(2))
            for found, part in zip(trainer.states[0], expected[0], strict=True):
                assert relative_difference(found, part) < 1e-12
        logits, _ = network.logits(inputs[: window.stop], network.zero_state(2))
        counted = slice(window.start + window.count_from, window.stop)
        loss = cross_entropy(logits[counted], targets[counted])
        assert trainer.step(loader.batch(window)).nats == pytest.approx(loss.item(), rel=1e-12)


def test_sum_and_mean_differ_by_the_divisor() -> None:
    mean, total = (
        trainer_of(configured("bptt={strategy: truncated, tau: 6}", f"train.loss={loss}")) for loss in ("mean", "sum")
    )
    first, second = (trainer.step(next(trainer.loader.batches())) for trainer in (mean, total))
    assert second.objective == pytest.approx(6 * first.objective)
    assert first.objective == pytest.approx(first.nats / 12)
    assert first.nats == pytest.approx(second.nats)
    assert second.gradient_norm == pytest.approx(6 * first.gradient_norm)
    assert (mean.loader.unit_objective, total.loader.unit_objective) == (1, 6)


@pytest.mark.parametrize(("loss", "losses"), [("mean", 1), ("sum", 4)])
def test_the_smoothed_objective_starts_at_that_of_a_uniform_guess(loss: str, losses: int) -> None:
    config = read_settings("corpus={text: 'abc abc abc', split: [1.0]}", "bptt.tau=4", "model.hidden=4",
                           f"train={{lanes: 2, steps: 1, loss: {loss}}}")  # fmt: skip
    training = start(config, Destination("run", Path("run")), Onlooker())
    assert training.meter.smoothed_objective == pytest.approx(losses * math.log(4))


def test_a_lane_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(InputError, match="83 units in 2 lanes leave 41 steps a lane, .* truncated needs 42"):
        trainer_of(configured("bptt.tau=42"))


def test_a_step_that_diverges_changes_nothing() -> None:
    trainer = trainer_of(configured("bptt={strategy: truncated, tau: 6}"))
    with torch.no_grad():
        trainer.network.get_parameter("b_q")[0] = math.inf
    before = {name: tensor.clone() for name, tensor in trainer.tensors().items()}
    with pytest.raises(DivergedError, match="diverged at step 1: objective nan.*largest weights: b_q inf"):
        trainer.step(next(trainer.loader.batches()))
    for name, tensor in trainer.tensors().items():
        assert torch.equal(tensor, before[name])


def test_a_checkpoint_holds_weights_memory_states_position_and_offsets() -> None:
    config = read_settings(
        "corpus={text: 'the cat sat on the mat and the dog sat on the log', split: [1.0]}",
        "model={cell: lstm, hidden: 4}",
        "train={lanes: 2, steps: 5, report_every: 2, checkpoint_every: 2, sample_every: 2}", "bptt.tau=6",
    )  # fmt: skip
    training = start(config, Destination("run", Path("run")), Onlooker())
    training.run_to_end()
    run = Run(Path("run"))
    assert [path.stem for path in run.checkpoints()] == ["4", "5"]
    found = read_tensors(run.checkpoints()[-1])
    trainer = training.trainer
    assert found.tensors.keys() == trainer.tensors().keys()
    assert {"model.cells.0.W_h", "optimizer.W_q.exp_avg", "state.0.h", "state.0.c"} <= found.tensors.keys()
    for name, tensor in trainer.tensors().items():
        assert torch.equal(found.tensors[name], tensor)
    assert found.document["step"] == 5
    assert (found.document["epoch"], found.document["window"]) == (1, 1)
    assert found.document["offsets"]["metrics.jsonl"] == Path("run/metrics.jsonl").stat().st_size
    assert found.document["meter"]["characters"] == 5 * 2 * 6


@pytest.mark.parametrize("optimizer", ["name: adam", "name: adagrad", "name: rmsprop", "name: sgd, momentum: 0.9"])
def test_a_checkpoint_from_before_the_first_update_brings_back_no_memory(optimizer: str) -> None:
    """Some optimisers make theirs at the first update, and have none to save before it."""
    trainer = trainer_of(configured(f"optimizer={{{optimizer}, learning_rate: 0.01}}", "bptt={tau: 6, engine: manual}"))
    tensors, document = deepcopy(trainer.tensors()), trainer.document()
    first = [trainer.step(batch) for batch in passes(trainer, 1)]
    trainer.load(tensors, document)
    assert [trainer.step(batch) for batch in passes(trainer, 1)] == first


def test_a_training_can_be_stopped_and_says_where() -> None:
    config = read_settings(
        "corpus={text: 'hello hello hello', split: [1.0]}", "bptt.tau=4", "train={lanes: 1, steps: 5000}"
    )
    onlooker = Onlooker(stop_after=3)
    training = start(config, Destination("run", Path("run")), onlooker)
    with pytest.raises(StoppedError) as raised:
        training.run_to_end()
    step = training.trainer.steps
    assert f"stopped after step {step}; everything is saved in run" in str(raised.value)
    assert step <= 4 * MOST
    assert raised.value.exit_code == 143
    assert [path.stem for path in Run(Path("run")).checkpoints()] == ["0", str(step)]


def test_a_bound_that_bites_is_reported() -> None:
    config = read_settings(
        "corpus={text: 'the cat sat on the mat and the dog sat on the log', split: [1.0]}",
        "bptt={strategy: randomized, pi: 0.95, max_window: 3}", "model.hidden=4",
        "train={lanes: 1, epochs: 1, report_every: 1}",
    )  # fmt: skip
    onlooker = Onlooker()
    start(config, Destination("run", Path("run")), onlooker).run_to_end()
    assert onlooker.rows[-1]["bounded_windows"] > 5
    assert onlooker.rows[-1]["characters"] == 48


def test_validation_comes_at_the_end_of_a_long_pass_and_at_the_end() -> None:
    config = read_settings("corpus.text='" + "the cat sat on the mat. " * 40 + "'", "model.hidden=4", "bptt.tau=4",
                           "train={lanes: 1, steps: 500, report_every: 1000}")  # fmt: skip
    onlooker = Onlooker()
    training = start(config, Destination("run", Path("run")), onlooker)
    training.run_to_end()
    assert [row["step"] for row in onlooker.rows] == [216, 432, 500]
    assert all("validation_loss" in row for row in onlooker.rows)
    assert training.best_validation_loss == min(row["validation_loss"] for row in onlooker.rows)


@pytest.mark.parametrize("length", ["epochs: 0.5", "steps: 10", "minutes: 0.0001"])
def test_a_length_in_epochs_steps_or_minutes(length: str) -> None:
    text = "the cat sat. " * 20
    config = read_settings(
        f"corpus={{text: '{text}', split: [1.0]}}", "model.hidden=4", "bptt.tau=4", f"train={{lanes: 1, {length}}}"
    )
    training = start(config, Destination("run", Path("run")), Onlooker())
    training.run_to_end()
    expected = {"epochs: 0.5": 33, "steps: 10": 10}.get(length)
    assert training.trainer.steps == expected or (expected is None and training.seconds >= 0.006)

"""Going on with a training: which configuration it goes on with, and what it refuses."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from charnn.configuration.reading import read_settings
from charnn.errors import InputError, RunError, UsageError
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.training.resume import Continuation, resume
from tests.training.onlooker import Onlooker
from tests.training.starting import start

TEXT = "the cat sat on the mat and the dog sat on the log. "
RUN = Path("run")


@pytest.fixture
def run() -> Run:
    Path("text.txt").write_text(TEXT * 4)
    config = read_settings(
        "corpus={source: text.txt, split: [0.8, 0.2]}", "model={cell: rnn, hidden: 4}", "bptt.tau=6",
        "schedule={name: cosine}", "train={lanes: 2, steps: 4}",
    )  # fmt: skip
    start(config, Destination("run", RUN), Onlooker()).run_to_end()
    return Run(RUN)


def test_every_key_with_an_effect_on_the_weights_is_named(run: Run) -> None:
    changes = ["model.hidden=5", "bptt={strategy: randomized, pi: 0.5}", "optimizer={name: sgd}", "train.steps=9"]
    with pytest.raises(UsageError, match="run cannot go on with another configuration; these keys differ") as raised:
        resume(Continuation(run, settings=changes), Onlooker())
    message = str(raised.value)
    for line in (
        "model.hidden: 4 → 5",
        "bptt.strategy: truncated → randomized",
        "bptt.tau: 6 → null",
        "bptt.pi: null → [0.5]",
        "optimizer.name: adam → sgd",
        "optimizer.betas: [0.9, 0.999] → null",
    ):
        assert f"\n  {line}\n" in message
    assert "train.steps" not in message
    assert run.checkpoint().document["step"] == 4


def test_the_horizon_is_kept_and_the_length_is_not(run: Run) -> None:
    training = resume(Continuation(run, settings=["train.epochs=2"]), Onlooker())
    assert (training.options.epochs, training.options.steps) == (2, None)
    assert (training.horizon.steps, training.horizon.epochs) == (4, None)


def test_a_text_that_changed_is_refused_even_if_its_hash_in_the_configuration_did(run: Run) -> None:
    """What the weights were trained on is said by the checkpoint."""
    other = TEXT * 3 + TEXT.replace("cat", "tac")
    assert set(other) == set(TEXT)
    Path("text.txt").write_text(other)
    with pytest.raises(InputError, match="has changed: its sha256 is"):
        resume(Continuation(run), Onlooker())
    config, old, new = RUN / "config.yaml", *(hashlib.sha256(text.encode()).hexdigest() for text in (TEXT * 4, other))
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))
    with pytest.raises(InputError, match=f"has changed: its sha256 is {new} instead of {old}"):
        resume(Continuation(Run(RUN)), Onlooker())


def test_a_checkpoint_of_something_else_is_refused(run: Run) -> None:
    tensors = run.checkpoint().tensors
    run.save_checkpoint(9, tensors, {})
    with pytest.raises(RunError, match="cannot go on: its checkpoint holds no configuration"):
        resume(Continuation(run), Onlooker())
    run.save_checkpoint(9, tensors, {"config": run.config().values()})
    with pytest.raises(RunError, match="this is not a checkpoint of a training of charnn"):
        resume(Continuation(run), Onlooker())

"""Early stopping: validations without a new best end a training, and a resume counts on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from charnn.configuration.config import Config
from charnn.configuration.reading import read_settings
from charnn.errors import UsageError
from charnn.runs.overview import overview
from charnn.runs.places import Destination
from charnn.runs.run import Run, read_weights
from charnn.training.loop import STALE, Training
from charnn.training.resume import Continuation, resume
from tests.training.onlooker import Onlooker
from tests.training.starting import start

TEXT = "the cat sat on the mat and the dog sat on the log. "
TIMINGS = {"seconds", "characters_per_second"}


def config_of(*settings: str, split: str = "[0.8, 0.2]") -> Config:
    return read_settings(
        f"corpus={{text: '{TEXT}', split: {split}}}", "model={cell: rnn, hidden: 4}", "bptt.tau=6",
        "train={lanes: 2, steps: 40, validate_every: 2, report_every: 2, checkpoint_every: 2}", *settings,
    )  # fmt: skip


def scored(losses: list[float], *settings: str, name: str = "run") -> tuple[Training, Onlooker]:
    """A training whose validations give these losses, one after the other, and then the last one again and again."""
    onlooker = Onlooker()
    training = start(config_of(*settings), Destination("run", Path(name)), onlooker)
    script(training, losses)
    training.run_to_end()
    return training, onlooker


def script(training: Training, losses: list[float]) -> None:
    def scores(_: object) -> dict[str, Any]:
        loss = losses[min(training.trainer.steps // 2 - 1, len(losses) - 1)]
        return {"validation_loss": loss, "validation_bpc": loss, "validation_perplexity": loss}

    training.task.scores = scores  # type: ignore[method-assign, assignment]


def rows(name: str) -> list[dict[str, Any]]:
    return [{key: row[key] for key in row if key not in TIMINGS} for row in Run(Path(name)).rows("metrics.jsonl")]


@pytest.mark.parametrize(
    ("patience", "ends"),
    # Best after the 2nd validation (step 4) and again after the 5th (step 10).
    [(1, 6), (2, 8), (3, 16), (4, 18)],
)
def test_a_training_ends_after_so_many_validations_without_a_new_best(patience: int, ends: int) -> None:
    training, onlooker = scored([3, 2, 2.5, 2, 1, 1.5, 1], f"train.patience={patience}")
    assert training.trainer.steps == ends
    assert training.best == (2 if patience < 3 else 1)
    last = rows("run")[-1]
    assert (last["step"], last["finished"]) == (ends, True)
    assert overview(training.run).state == "finished"
    assert f"ended after step {ends}: the last {patience} validations brought no new best" in "\n".join(onlooker.notes)
    assert training.run.checkpoint().document["step"] == ends


def test_a_resume_counts_on_where_it_was() -> None:
    losses = [3, 2, 2.5, 2.5, 2.5, 2.5, 2.5]
    whole, _ = scored(losses, "train.patience=4", name="whole")
    assert whole.trainer.steps == 12
    scored(losses, "train.patience=4", "train.steps=8", name="half")
    training = resume(Continuation(Run(Path("half")), settings=["train.steps=40"]), Onlooker())
    assert training.stale == 2
    script(training, losses)
    training.run_to_end()
    assert training.trainer.steps == 12
    assert rows("half")[-1] == rows("whole")[-1]
    assert Path("half/last.safetensors").read_bytes() == Path("whole/last.safetensors").read_bytes()


def test_more_patience_goes_on() -> None:
    scored([1, 2, 3], "train.patience=2")
    onlooker = Onlooker()
    done = resume(Continuation(Run(Path("run"))), onlooker)
    assert done.is_over
    assert "run is finished: 2 validations brought no new best; `charnn train --resume run --set" in onlooker.notes[-1]
    training = resume(Continuation(Run(Path("run")), settings=["train.patience=5"]), Onlooker())
    script(training, [1, 2, 3])
    training.run_to_end()
    assert training.trainer.steps == 12


def test_a_greater_length_does_not_bring_patience_back() -> None:
    scored([1, 2, 3], "train.patience=2")
    onlooker = Onlooker()
    assert resume(Continuation(Run(Path("run")), settings=["train.steps=80"]), onlooker).is_over
    assert "2 validations brought no new best" in onlooker.notes[-1]


def test_an_earlier_checkpoint_begins_another_branch_and_the_first_one_is_forgotten() -> None:
    scored([3, 2, 1, 0.5], "train.steps=8")
    run = Run(Path("run"))
    kept = [int(path.stem) for path in run.checkpoints()]
    assert kept == [6, 8]
    training = resume(Continuation(run, 6, settings=["train.steps=7"]), Onlooker())
    assert [int(path.stem) for path in run.checkpoints()] == [6]
    assert not Path("run/best.safetensors").exists(), "it was of step 8"
    script(training, [9])
    training.run_to_end()
    assert (training.best, read_weights(Path("run/best.safetensors")).document["step"]) == (9, 7)
    assert resume(Continuation(run, settings=["train.steps=9"]), Onlooker()).trainer.steps == 7


def test_less_patience_than_there_was_changes_nothing() -> None:
    scored([1, 2, 3, 4], "train.patience=3")
    run = Run(Path("run"))
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert resume(Continuation(run, 6, settings=["train.patience=2"]), Onlooker()).is_over
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_patience_needs_a_validation_part() -> None:
    config = config_of("train.patience=2", split="[1]")
    with pytest.raises(UsageError, match="`train.patience` counts validations, and `corpus.split` leaves no"):
        start(config, Destination("run", Path("run")), Onlooker())
    assert not Path("run").exists()


def test_without_patience_a_stale_validation_is_told_once() -> None:
    training, onlooker = scored([1, 2])
    assert training.trainer.steps == 40
    assert sum(f"the last {STALE} validations brought no new best" in note for note in onlooker.notes) == 1


def test_a_training_that_learned_nothing_says_so() -> None:
    onlooker = Onlooker()
    wild = config_of("optimizer={name: sgd, learning_rate: 300}", "clip={by: none}")
    training = start(wild, Destination("run", Path("run")), onlooker)
    training.run_to_end()
    assert f"is above that of guessing, {training.task.uniform_loss:.3f}; try a smaller" in onlooker.notes[-1]
    sound = Onlooker()
    start(config_of("optimizer.learning_rate=0.03"), Destination("sound", Path("sound")), sound).run_to_end()
    assert not any("guessing" in note for note in sound.notes)

"""Several updates in one call, against the same one by one."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from charnn.batches.ahead import Ahead
from charnn.configuration.reading import config_of
from charnn.errors import DivergedError
from charnn.kernels.library import library
from charnn.runs.layout import METRICS, SAMPLES
from charnn.runs.places import Destination
from charnn.training import loop
from charnn.training.updates.by_program import ByProgram
from tests.models import random_states
from tests.training.onlooker import Onlooker
from tests.training.starting import start
from tests.training.updates.test_by_program import (
    RATE,
    RULES,
    differences,
    dropout_for,
    learner_of,
    random_batch,
    random_row_batch,
)

pytestmark = pytest.mark.skipif(library() is None, reason="there are no compiled kernels")

MODELS: list[dict[str, Any]] = [
    {"cell": "lstm", "layers": 2},
    {"cell": "gru", "dtype": "float32"},
    {"cell": "rnn", "embedding": 3, "residual": True, "layers": 2},
    {
        "cell": "lstm",
        "layers": 2,
        "dropout": 0.2,
        "input_dropout": 0.3,
        "output_dropout": 0.4,
        "recurrent_dropout": 0.1,
    },
]


@pytest.mark.parametrize("gates", [False, True])
@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_they_are_the_same_to_the_bit(model: dict[str, Any], rule: dict[str, Any], gates: bool) -> None:
    one, other = (ByProgram(learner_of(optimizer=rule, **model)) for _ in range(2))
    random, states = Random(1), random_states(one.learner.network, 3)
    others = states
    for calls in range(3):
        batches = [random_batch(random, 5, 3, gates=gates) for _ in range(4)]
        rates = [RATE / (1 + number) for number in range(4)]
        expected = []
        for number, (batch, rate) in enumerate(zip(batches, rates, strict=True)):
            recorded = one.of(batch)
            assert recorded is not None
            expected.append(recorded.run(batch, states, dropout_for(one.learner, batch, 4 * calls + number), rate))
            states = expected[-1].states
        dropouts = [dropout_for(other.learner, batch, 4 * calls + number) for number, batch in enumerate(batches)]
        found = other.several(batches[0]).run(list(zip(batches, dropouts, rates, strict=True)), others)
        others = found[-1].states
        assert [(done.nats, done.clipped) for done in found] == [(done.nats, done.clipped) for done in expected]
    assert differences(one.learner, other.learner, states, others) == 0


def test_those_behind_one_that_diverges_are_left_out() -> None:
    updates, random = ByProgram(learner_of(cell="rnn", optimizer={"name": "sgd"})), Random(2)
    states = random_states(updates.learner.network, 3)
    batches = [random_batch(random, 5, 3) for _ in range(5)]
    together = updates.several(batches[0])
    rates = [RATE, RATE, math.inf, RATE, RATE]
    done = together.run([(batch, None, rate) for batch, rate in zip(batches, rates, strict=True)], states)
    assert len(done) == 3
    assert together.run([(batches[3], None, RATE)], done[-1].states) == []


def test_what_joins_others() -> None:
    random, updates = Random(3), ByProgram(learner_of())
    first, longer, like = random_batch(random, 5, 3), random_batch(random, 6, 3), random_batch(random, 5, 3)
    fresh = replace(like, resets=True)
    assert updates.joins(like, first)
    assert updates.joins(fresh, replace(first, resets=True))
    assert not updates.joins(longer, first)
    assert not updates.joins(fresh, first)
    rows = random_row_batch(random, "classification", 3, 4, gates=False)
    assert not ByProgram(learner_of(task="classification")).joins(rows, rows)
    assert not ByProgram(learner_of(engine="autograd")).joins(like, first)


def test_a_call_is_as_long_as_it_may_be_for_windows_of_any_length() -> None:
    """The speed is that of the last call, whose windows may have been shorter."""
    config = config_of(
        {
            "corpus": {"text": "the cat sat on the mat. " * 30, "split": [1.0]},
            "model": {"hidden": 3},
            "bptt": {"strategy": "full", "sequence": 40},
            "train": {"lanes": 2, "steps": 100},
        }
    )
    training = start(config, Destination("run"), Onlooker())
    batches = Ahead(training.trainer.loader)
    for characters, windows in ((1, 1), (80, 1), (239, 2), (240, 3), (1e6, 8)):
        training.pace = loop.LONGEST_CALL / characters
        assert len(training._planned(batches)) == windows
    batches.move_on(8)  # what is left is shorter, and is all that is left of the pass
    assert [len(training._planned(batches)), batches.upcoming.losses] == [1, 2 * 39]


DIVERGING = {"name": "sgd", "learning_rate": 1.0, "weight_decay": 9.0}
TRAININGS: list[dict[str, Any]] = [
    {"train.validate_every": 70},
    {"bptt.stride": 3, "schedule.name": "cosine"},
    {"bptt": {"strategy": "randomized", "pi": 0.9}},
    {"bptt": {"strategy": "full", "sequence": 6}, "train.loss": "sum"},
    {"model.cell": "lstm", "model.dropout": 0.3, "model.layers": 2, "train.average": "exponential"},
    {"model.cell": "lstm", "model.recurrent_dropout": 0.3, "model.input_dropout": 0.2, "optimizer.name": "rmsprop"},
    {"train.steps": None, "train.epochs": 2.4, "train.sample_at": [3, 50, 51]},
    {"optimizer": DIVERGING, "clip.by": "none", "train.on_divergence": "rewind"},
    {"optimizer": DIVERGING, "clip.by": "none", "train.on_divergence": "stop"},
]


@pytest.mark.parametrize("keys", TRAININGS, ids=str)
def test_a_training_is_the_same(keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    settings: dict[str, Any] = {
        "corpus": {"text": "the cat sat on the mat and the dog sat on the log. " * 24},
        "model": {"cell": "gru", "hidden": 5},
        "bptt": {"tau": 6},
        "train": {"lanes": 2, "steps": 190, "report_every": 20, "checkpoint_every": 30, "sample_every": 45},
    }
    for key, value in keys.items():
        section, _, name = key.partition(".")
        if name:
            settings.setdefault(section, {})[name] = value
        else:
            settings[section] = value
    for folder, longest in (("one", 0.0), ("several", 1.0)):
        monkeypatch.setattr(loop, "LONGEST_CALL", longest)
        onlooker = Onlooker()
        training = start(config_of(settings), Destination(folder, Path(folder)), onlooker)
        with suppress(DivergedError):
            training.run_to_end()
        assert (training.rewinds > 0) == (keys.get("train.on_divergence") == "rewind")
        assert (onlooker.updates >= training.trainer.steps) == (longest == 0 or "train.average" in keys)
    one, other = (Path(folder) for folder in ("one", "several"))
    assert rows(one / METRICS) == rows(other / METRICS)
    assert rows(one / SAMPLES) == rows(other / SAMPLES)
    assert (one / "last.safetensors").read_bytes() == (other / "last.safetensors").read_bytes()
    assert [path.name for path in sorted((one / "checkpoints").iterdir())] == [
        path.name for path in sorted((other / "checkpoints").iterdir())
    ]


def rows(log: Path) -> list[dict[str, Any]]:
    """The rows of a log, without what the clock says."""
    found = [json.loads(line) for line in log.read_text().splitlines()]
    return [{key: value for key, value in row.items() if "second" not in key} for row in found]

"""Adapting, mixing with n-grams, and several runs as one, from the command line."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from charnn.runs.layout import INFORMED, MIXTURE, WEIGHTS
from charnn.storage.tensor_file import read_arrays, write_tensors
from tests.cli.conftest import Charnn
from tests.cli.test_tasks import LABELLED, settings
from tests.cli.test_tasks import train as train_on_table

TEXT = "she sells sea shells by the sea shore, and the shells she sells are sea shells, i am sure. " * 30


def train(charnn: Charnn, *settings: str) -> str:
    Path("text.txt").write_text(TEXT)
    chosen = ["corpus={source: text.txt, split: [0.8, 0.2]}", "model={cell: gru, hidden: 8}", "train.steps=30"]
    done = charnn("train", "-c", "hello", *[part for one in [*chosen, *settings] for part in ("-s", one)], "-q")
    assert done.code == 0, done.err
    return done.text.strip()


def files(run: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path(run).rglob("*")) if path.is_file()}


def test_adapting_lowers_the_loss_and_changes_no_file(charnn: Charnn) -> None:
    run = train(charnn)
    before = files(run)
    still, adapted = charnn("evaluate", run, "--json").json, charnn("evaluate", run, "--adapt", "--json").json
    assert adapted["nats"] < still["nats"]
    assert adapted["adapted"] is True
    assert charnn("evaluate", run, "--adapt", "--rate", 0, "--json").json["nats"] == pytest.approx(
        still["nats"], abs=1e-6
    )
    assert "rate at the end" in charnn("evaluate", run, "--adapt").err
    back = charnn("evaluate", run, "--adapt", "--rate", 0.1, "--decay", 1, "--json").json
    assert back["nats"] == pytest.approx(still["nats"], abs=1e-6), "it returns at once to where it was"
    assert charnn("sample", run, "--adapt", "--prime", "she sells ", "--length", 20).code == 0
    assert files(run) == before


@pytest.mark.parametrize("rate", [1e12, 1e39])
def test_a_text_that_makes_it_diverge_has_the_score_of_the_network_as_it_was(charnn: Charnn, rate: float) -> None:
    run = train(charnn)
    still = charnn("evaluate", run, "--json").json
    done = charnn("evaluate", run, "--adapt", "--rate", rate, "--json")
    assert done.code == 1
    assert done.json["nats"] == pytest.approx(still["nats"], abs=1e-6)
    assert done.json["adapted"] is False
    assert "diverged" in done.err


@pytest.mark.parametrize("hold_out", [0.0, 0.1])
def test_a_mixture_is_better_than_its_parts_and_outlives_the_text(charnn: Charnn, hold_out: float) -> None:
    run = train(charnn, f"train.hold_out={hold_out}")
    none = charnn("evaluate", run, "--mix")
    assert none.code == 2
    assert f"charnn mix {run}" in none.err
    made = charnn("mix", run, "--order", 4, "--json").json
    assert made["learned"] == (hold_out > 0)
    assert made["bytes"] == (Path(run) / MIXTURE).stat().st_size
    alone = charnn("evaluate", run, "--baseline", "--json").json
    mixed = charnn("evaluate", run, "--mix", "--json").json
    assert mixed["nats"] < alone["nats"]
    both = charnn("evaluate", run, "--mix", "--adapt", "--json").json
    assert both["nats"] < alone["nats"]
    assert charnn("evaluate", run, "--adapt", "--scaled", "--json").json["nats"] < alone["nats"]
    Path("text.txt").unlink()
    texts = [charnn("sample", run, "--mix", "--length", 60, "--seed", seed).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    counted = charnn("sample", run, "--mix", "--adapt", "--prime", "sea ", "--count", 2, "--json").json["samples"]
    assert len(counted) == 2


def test_a_training_leaves_a_mixture_where_it_is_wanted(charnn: Charnn) -> None:
    run = train(charnn, "train.mixture=true", "train.hold_out=0.1")
    assert (Path(run) / MIXTURE).exists()
    assert "learned on what was held out" in charnn("evaluate", run, "--mix").err
    assert (Path(run) / INFORMED).exists()
    assert charnn("mix", run, "--order", 3).code == 0
    mixed = (Path(run) / MIXTURE).read_bytes()
    assert charnn("train", "--resume", run, "-q").code == 0
    assert (Path(run) / MIXTURE).read_bytes() == mixed, "nothing was left to do"
    assert charnn("train", "--resume", run, "-s", "train.steps=40", "-s", "train.mixture=false", "-q").code == 0
    assert not {MIXTURE, INFORMED} & {path.name for path in Path(run).iterdir()}
    (Path(run) / INFORMED).write_bytes(b"of a mixture that was broken off")
    assert charnn("train", "--resume", run, "-s", "train.steps=50", "-q").code == 0
    assert not (Path(run) / INFORMED).exists()
    # A run is still one that --force may replace.
    again = charnn("train", "-c", "hello", "-s", "train.steps=5", "--out", run, "--force", "-q")
    assert again.code == 0, again.err


def test_a_mixture_has_read_what_was_held_out(charnn: Charnn) -> None:
    """The network of the mixture, and no other: `--weights` asks for that which was trained."""
    words = random.Random(1)
    Path("text.txt").write_text(" ".join(words.choice(["sea", "shell", "shore", "she"]) for _ in range(600)))
    settings = [
        "corpus={source: text.txt, split: [0.5, 0.5]}", "bptt={strategy: truncated, tau: 20}",
        "train={steps: 300, hold_out: 0.3, lanes: 2}",
    ]  # fmt: skip
    run = Path(charnn("train", "-c", "hello", "-q", *[part for one in settings for part in ("-s", one)]).text.strip())

    def nats(*options: str) -> float:
        return float(charnn("evaluate", run, "--json", *options).json["nats"])

    alone, best = nats(), run / f"best{WEIGHTS}"
    assert charnn("mix", run).code == 0
    assert nats() == alone
    mixed, as_trained = nats("--mix"), nats("--mix", "--weights", "best")
    assert mixed != as_trained
    best.write_bytes((run / INFORMED).read_bytes())
    assert nats("--mix", "--weights", "best") == mixed
    assert nats() != alone


def test_several_runs_are_one(charnn: Charnn) -> None:
    one, two = train(charnn), train(charnn, "train.seed=2", "model.cell=lstm")
    together = charnn("evaluate", one, two, "--json").json
    assert together["run"] == [one, two]
    apart = [charnn("evaluate", run, "--json").json["nats"] for run in (one, two)]
    assert together["nats"] < sum(apart) / 2, "the mean of probabilities is better than the mean of losses"
    assert charnn("sample", one, two, "--length", 30).code == 0
    assert charnn("evaluate", one, two, "--adapt").code == 0
    Path("other.txt").write_text("another text, with other symbols: 0123456789! " * 40)
    other = train(charnn, "corpus.source=other.txt")
    done = charnn("evaluate", one, other)
    assert done.code == 2
    assert "other symbols" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--rate", "0.1"], "--rate belongs to --adapt"),
        (["sample", "--decay", "0.1"], "--decay belongs to --adapt"),
        (["evaluate", "--scaled"], "--scaled belongs to --adapt"),
        (["evaluate", "--adapt", "--scaled"], "charnn mix"),
        (["mix", "--order", "1"], "--order"),
    ],
)
def test_mistakes_are_named(charnn: Charnn, arguments: list[str], message: str) -> None:
    train(charnn)
    done = charnn(*arguments)
    assert done.code == 2
    assert message in done.err


def test_too_little_held_out_is_refused(charnn: Charnn) -> None:
    Path("text.txt").write_text(TEXT)
    done = charnn(
        "train", "-c", "hello", "-s", "corpus={source: text.txt, split: [0.8, 0.2]}", "-s", "train.hold_out=0.01"
    )
    assert done.code == 2
    assert "train.hold_out: 0.01" in done.err
    assert not Path("runs").exists()


def test_a_damaged_mixture_is_named(charnn: Charnn) -> None:
    run = train(charnn, "train.mixture=true")
    path = Path(run) / MIXTURE
    path.write_bytes(path.read_bytes()[:-9])
    done = charnn("evaluate", run, "--mix")
    assert done.code == 2
    assert MIXTURE in done.err
    assert charnn("evaluate", run).code == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, _: arrays.update(weights=arrays["weights"][:, :1]),
        lambda arrays, _: arrays.update(weights=arrays["weights"][:10]),
        lambda arrays, _: arrays.update(weights=-arrays["weights"]),
        lambda arrays, _: arrays.update(weights=arrays["weights"] * np.nan),
        lambda arrays, _: arrays.update(adapting=arrays["adapting"][:, :2]),
        lambda _, document: document.update(order=0),
        lambda _, document: document.update(order=math.inf),
        lambda _, document: document.update(rate="fast"),
        lambda _, document: document.update(rate=-1.0),
    ],
)
def test_numbers_that_are_no_mixture_are_refused_before_compiled_code_takes_them(
    charnn: Charnn, change: Callable[[dict[str, Any], dict[str, Any]], None]
) -> None:
    run = train(charnn, "train.mixture=true", "train.hold_out=0.2")
    assert charnn("sample", run, "--mix", "--length", 5).code == 0
    file = read_arrays(Path(run) / MIXTURE)
    arrays, document = dict(file.arrays), dict(file.document)
    change(arrays, document)
    tensors = {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in arrays.items()}
    write_tensors(Path(run) / MIXTURE, tensors, document)
    for done in (charnn("sample", run, "--mix", "--length", 5), charnn("evaluate", run, "--mix")):
        assert done.code == 2
        assert f"{MIXTURE} is damaged" in done.err


@pytest.mark.parametrize("when", ["afterwards", "at the end of the training"])
def test_a_classifier_answers_with_n_grams(charnn: Charnn, when: str) -> None:
    wanted = when != "afterwards"
    three = "corpus={source: classification.tsv, input: word, target: kind, split: [0.5, 0.2, 0.3]}"
    run = train_on_table(charnn, "classification", three, *(["train.mixture=true"] if wanted else []))
    if not wanted:
        none = charnn("evaluate", run, "--mix")
        assert none.code == 2
        assert f"charnn mix {run}" in none.err
        made = charnn("mix", run, "--json").json
        assert made["learned"] is True
        assert len(made["weights"]) == 2
        assert made["bytes"] == (Path(run) / MIXTURE).stat().st_size
    alone, mixed = (charnn("evaluate", run, "--part", "test", *more, "--json").json for more in ([], ["--mix"]))
    assert ("mixed" in alone, mixed["mixed"]) == (False, True)
    assert mixed["loss"] != alone["loss"]
    for part, fair in (("validation", False), ("test", True)):
        done = charnn("evaluate", run, "--mix", "--part", part)
        assert "learned on the validation part" in done.err
        assert ("--part test is fair" in done.err) != fair
    Path("other.tsv").write_text(LABELLED)
    assert charnn("evaluate", run, "--text", "other.tsv", "--mix").code == 0
    Path("classification.tsv").unlink()
    for words in (["taco"], ["cat", "god"]):
        answers = charnn("predict", run, *words, "--mix", "--top", 2, "--json").text.splitlines()
        for line in map(json.loads, answers):
            assert {answer["text"] for answer in line["answers"]} == {"with a", "without"}
            assert sum(answer["probability"] for answer in line["answers"]) == pytest.approx(1, abs=1e-9)
    assert charnn("predict", run, "taco", "--mix").text.strip() in ("with a", "without")


def test_an_order_that_was_named_is_the_order(charnn: Charnn) -> None:
    run = train_on_table(charnn, "classification")
    assert charnn("mix", run, "--order", 4, "--json").json["order"] == 4
    assert "of order 4" in charnn("evaluate", run, "--mix").err


@pytest.mark.parametrize("task", ["conditional-generation", "sequence-to-sequence"])
def test_tasks_without_a_mixture_say_so(charnn: Charnn, task: str) -> None:
    run = train_on_table(charnn, task)
    for arguments in (["mix", run], ["evaluate", run, "--mix"]):
        done = charnn(*arguments)
        assert done.code == 2
        assert f"does {task}" in done.err
    done = charnn("train", "-c", "hello", *settings(task, "train.mixture=true"))
    assert done.code == 2
    assert "`train.mixture`" in done.err


def test_a_mixture_of_a_classifier_needs_a_validation_part(charnn: Charnn) -> None:
    whole = settings("classification", "corpus.split=[1.0]")
    done = charnn("train", "-c", "hello", *whole, "-s", "train.mixture=true")
    assert done.code == 2
    assert "validation part" in done.err
    assert not Path("runs").exists()
    run = charnn("train", "-c", "hello", *whole, "--quiet").text.strip()
    done = charnn("mix", run)
    assert done.code == 2
    assert "validation part" in done.err


def test_a_damaged_mixture_of_a_classifier_is_named(charnn: Charnn) -> None:
    run = train_on_table(charnn, "classification", "train.mixture=true")
    path = Path(run) / MIXTURE
    path.write_bytes(path.read_bytes()[:-9])
    done = charnn("predict", run, "cat", "--mix")
    assert done.code == 2
    assert MIXTURE in done.err
    assert charnn("predict", run, "cat").code == 0


def test_a_training_that_goes_on_drops_the_mixture_of_the_network_before(charnn: Charnn) -> None:
    run = train_on_table(charnn, "classification")
    assert charnn("mix", run).code == 0
    done = charnn("train", "--resume", run, "-s", "train.steps=40")
    assert done.code == 0
    assert f"charnn mix {run}" in done.err
    assert not (Path(run) / MIXTURE).exists()


def test_who_asks_a_text_for_answers_is_told_the_right_command(charnn: Charnn) -> None:
    run = train(charnn, "train.mixture=true")
    done = charnn("predict", run, "she", "--mix")
    assert done.code == 2
    assert "charnn sample" in done.err


@pytest.mark.parametrize("option", [("--rate", "0.1"), ("--decay", "0.1"), ("--scaled",)])
def test_options_of_adaptation_are_refused_for_tables(charnn: Charnn, option: tuple[str, ...]) -> None:
    run = train_on_table(charnn, "classification")
    done = charnn("evaluate", run, *option)
    assert done.code == 2
    assert option[0] in done.err

"""Runs that repeat one another, and their labels."""

from __future__ import annotations

from pathlib import Path

from charnn.analysis.comparison.repetitions import Repetitions, repetitions
from charnn.configuration.reading import read_settings
from charnn.runs.run import Run


def run(name: str, *settings: str) -> Run:
    made = Run(Path(name))
    made.path.mkdir()
    made.write_config(read_settings("corpus.source=a.txt", *settings))
    return made


def test_runs_that_differ_in_the_seed_alone_belong_together() -> None:
    runs = [
        run(
            f"{cell}-{tau}-{seed}",
            f"model.cell={cell}",
            f"bptt.tau={tau}",
            f"train.seed={seed}",
            f"model.hidden={hidden}",
        )
        for seed in (1, 2)
        for cell, hidden in (("lstm", 8), ("rnn", 16))
        for tau in (20, 150)
    ]
    # What the cell tells already, as the number of hidden units does here, is not named.
    assert repetitions(runs) == [
        Repetitions("lstm", "tau 20", (0, 4)),
        Repetitions("lstm", "tau 150", (1, 5)),
        Repetitions("rnn", "tau 20", (2, 6)),
        Repetitions("rnn", "tau 150", (3, 7)),
    ]
    assert repetitions(runs[::4]) == [Repetitions("lstm", "", (0, 1))]


def test_a_run_that_is_alone_has_its_name() -> None:
    (group,) = repetitions([run("tuesday", "model.cell=gru")])
    assert (group.label, group.cell, group.positions) == ("tuesday", "gru", (0,))


def test_a_key_that_only_some_have_tells_runs_apart() -> None:
    runs = [run("a", "train.epochs=2"), run("b", "train.steps=7")]
    assert [group.label for group in repetitions(runs)] == ["lstm, epochs 2", "lstm, epochs null"]


def test_a_key_of_a_part_that_one_run_did_not_choose_is_not_named_for_it() -> None:
    settings = ["bptt={strategy: randomized, pi: 0.9}", "bptt={strategy: randomized, pi: 0.8}", "bptt.tau=9"]
    runs = [run(str(number), setting) for number, setting in enumerate(settings)]
    assert [group.label for group in repetitions(runs)] == [
        "lstm, strategy randomized, pi 0.9",
        "lstm, strategy randomized, pi 0.8",
        "lstm, strategy truncated",
    ]

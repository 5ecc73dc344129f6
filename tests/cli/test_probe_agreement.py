"""`charnn probe agreement`: tables, JSON, pictures, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from charnn.data.sources.generators.agreement import Agreement
from tests.cli.conftest import Charnn

NUMBER = 120


@pytest.fixture
def runs(charnn: Charnn) -> list[str]:
    """Three runs of next to nothing, of which two differ in their seed alone."""
    Path("agreement.txt").write_text(Agreement(sentences=100, seed=1).generate())
    settings = ["corpus={source: agreement.txt, split: [1.0]}", "train.steps=2", "train.lanes=2", "model.hidden=3"]
    found = []
    for cell, seed in (("lstm", 1), ("rnn", 1), ("rnn", 2)):
        chosen = [f"--set={setting}" for setting in [*settings, f"model.cell={cell}", f"train.seed={seed}"]]
        done = charnn("train", "-c", "agreement-lstm", *chosen, "--quiet")
        assert done.code == 0, done.err
        found.append(done.text.strip())
    return found


def test_one_run_is_a_table_and_a_document(charnn: Charnn, runs: list[str]) -> None:
    done = charnn("probe", "agreement", runs[0], "--sentences", NUMBER)
    assert done.code == 0, done.err
    rows = [line.split() for line in done.text.splitlines() if "[" in line]
    assert [row[0] for row in rows[:9]] == [f"{a}–{a + 9 + (a == 90)}" for a in range(10, 100, 10)]
    assert "[95 % interval]" in done.err
    document = charnn("probe", "agreement", runs[0], "--sentences", NUMBER, "--json").json
    assert (document["sentences"], document["seed"]) == (NUMBER, 1)
    (found,) = document["runs"]
    assert found["run"] == runs[0]
    assert found["all"]["sentences"] == NUMBER == sum(row["sentences"] for row in found["distances"])
    assert f"{found['all']['share']:.3f}" == rows[-1][2]
    assert [f"{row['share']:.3f}" for row in found["distances"]] == [row[2] for row in rows[:9]]


def test_runs_that_differ_in_the_seed_alone_share_a_column(charnn: Charnn, runs: list[str]) -> None:
    done = charnn("probe", "agreement", *runs, "--sentences", NUMBER)
    heading, _, *rows = [line for line in done.text.splitlines() if line.strip()]
    assert heading.split() == ["distance", "sentences", "lstm", "rnn"]
    assert "[lowest and highest run; of a run that is alone, 95 % interval]" in done.err
    document = charnn("probe", "agreement", *runs, "--sentences", NUMBER, "--json").json
    assert [found["label"] for found in document["runs"]] == ["lstm", "rnn", "rnn"]
    shares = [found["all"]["share"] for found in document["runs"][1:]]
    assert rows[-1].split("]")[1].split()[0] == f"{sum(shares) / 2:.3f}"


def test_the_comma_is_another_question(charnn: Charnn, runs: list[str]) -> None:
    commas = charnn("probe", "agreement", runs[0], "--sentences", NUMBER, "--json", "--comma").json
    verbs = charnn("probe", "agreement", runs[0], "--sentences", NUMBER, "--json").json
    assert (commas["about"], verbs["about"]) == ("commas", "verbs")
    assert commas["runs"][0]["all"] != verbs["runs"][0]["all"]
    assert "right commas" in charnn("probe", "agreement", runs[0], "--sentences", NUMBER, "--comma").err


def test_few_sentences_leave_distances_without_any(charnn: Charnn, runs: list[str]) -> None:
    document = charnn("probe", "agreement", runs[0], "--sentences", 1, "--json").json
    assert [row["share"] for row in document["runs"][0]["distances"]].count(None) == 8
    assert charnn("probe", "agreement", *runs, "--sentences", 1, "--plot", "one.svg").code == 0


@pytest.mark.parametrize("name", ["shares.png", "shares.svg"])
def test_the_picture_is_the_same_each_time(charnn: Charnn, runs: list[str], name: str) -> None:
    pictures = []
    for _ in range(2):
        assert charnn("probe", "agreement", *runs, "--sentences", NUMBER, "--plot", name).code == 0
        pictures.append(Path(name).read_bytes())
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) > 5000


def test_a_run_of_another_text_is_refused(charnn: Charnn, tiny_run: str) -> None:
    done = charnn("probe", "agreement", tiny_run)
    assert (done.code, done.out) == (2, b"")
    assert "characters that the training text does not contain" in done.err
    assert "--config agreement-lstm" in done.err


@pytest.mark.parametrize("arguments", [["--sentences", "0"], ["--seed", "-1"], ["--plot", "a.pdf"], ["missing"]])
def test_what_cannot_be_done_is_refused(charnn: Charnn, tiny_run: str, arguments: list[str]) -> None:
    done = charnn("probe", "agreement", *arguments)
    assert (done.code, done.out) == (2, b"")


def test_without_matplotlib_the_extra_is_named(charnn: Charnn, tiny_run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    done = charnn("probe", "agreement", "--plot", "a.png")
    assert (done.code, done.out) == (2, b"")
    assert "pip install 'charnn[plot]'" in done.err

"""`charnn evaluate`: a score that scripts can rely on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.cli.conftest import Charnn

TEXT = "she sells sea shells by the sea shore. " * 20


@pytest.fixture
def run(charnn: Charnn) -> str:
    Path("text.txt").write_text(TEXT)
    done = charnn(
        "train", "-c", "hello", "-s", "corpus={source: text.txt, split: [0.8, 0.1, 0.1]}", "-s", "train={steps: 20}",
        "-s", "train.lanes=4", "-s", "bptt={strategy: truncated, tau: 16}",
    )  # fmt: skip
    assert done.code == 0, done.err
    return done.text.strip()


def test_the_validation_part_scores_as_it_did_in_training(charnn: Charnn, run: str) -> None:
    from charnn.runs.run import Run

    found = charnn("evaluate", "--json").json
    recorded = Run(Path(run)).rows("metrics.jsonl")[-1]
    assert found["nats"] == pytest.approx(recorded["validation_loss"], rel=1e-6)
    assert found["bpc"] == pytest.approx(found["nats"] / math.log(2))
    assert found["perplexity"] == pytest.approx(math.exp(found["nats"]))
    assert found["characters"] == len(TEXT) // 10 - 1


def test_a_text_can_be_scored_by_characters(charnn: Charnn, run: str) -> None:
    Path("other.txt").write_text("sea shells")
    summary = charnn("evaluate", "--text", "other.txt", "--json", "--per-character").json
    losses = [row["nats"] for row in summary["losses"]]
    assert [row["character"] for row in summary["losses"]] == list("ea shells")
    assert [row["position"] for row in summary["losses"]] == list(range(1, 10))
    assert sum(losses) / 9 == pytest.approx(summary["nats"])
    table = charnn("evaluate", "--text", "other.txt", "--per-character").text.splitlines()
    assert table[0] == f"1\t'e'\t{losses[0]:.6f}"
    assert len(table) == 9


def test_standard_input_equals_a_file(charnn: Charnn, run: str) -> None:
    Path("other.txt").write_text("sea shore")
    from_file = charnn("evaluate", "--text", "other.txt", "--json").json
    from_pipe = charnn("evaluate", "--text", "-", "--json", stdin=b"sea shore").json
    assert from_file["nats"] == from_pipe["nats"]


def test_a_bound_makes_it_fail(charnn: Charnn, run: str) -> None:
    assert charnn("evaluate", "--max-bpc", 100).code == 0
    failed = charnn("evaluate", "--max-bpc", 0.001, "--json")
    assert failed.code == 1
    assert failed.json["bpc"] > 0.001
    assert "is above 0.001" in failed.err


def test_unknown_characters_are_refused_or_skipped(charnn: Charnn, run: str) -> None:
    Path("other.txt").write_text("sea SHELLS sea")
    refused = charnn("evaluate", "--text", "other.txt")
    assert refused.code == 2
    assert "'S' (U+0053) at position 4" in refused.err
    skipped = charnn("evaluate", "--text", "other.txt", "--skip-unknown", "--json").json
    assert (skipped["characters"], skipped["left_out"]) == (len("sea  sea") - 1, 6)
    table = charnn("evaluate", "--text", "other.txt", "--skip-unknown", "--per-character")
    places = [int(line.split("\t")[0]) for line in table.text.splitlines()]
    assert places == [1, 2, 3, 10, 11, 12, 13], "where they stand in the text"
    assert "6 of 14 characters of other.txt are left out" in table.err


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_parts_of_the_run_s_own_text(charnn: Charnn, run: str, part: str) -> None:
    assert charnn("evaluate", "--part", part).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "missing.txt"], "no text `missing.txt`"),
        (["--text", "one.txt"], "one.txt has 1 characters; a score needs at least 2"),
        (["--text", "text.txt", "--part", "train"], "give one of them"),
        (["--device", "gpu"], "gpu"),
        (["--max-bpc", "nan"], "max-bpc"),
        (["--min-accuracy", "nan"], "--min-accuracy takes a number from 0 on, not nan"),
        (["--max-error-rate", "nan"], "--max-error-rate takes a number from 0 on, not nan"),
    ],
)
def test_bad_input_is_refused(charnn: Charnn, run: str, arguments: list[str], message: str) -> None:
    Path("one.txt").write_text("s")
    done = charnn("evaluate", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


def test_a_text_that_changed_since_is_refused(charnn: Charnn, run: str) -> None:
    Path("text.txt").write_text(TEXT.upper())
    done = charnn("evaluate")
    assert done.code == 2
    assert "text.txt has changed" in done.err


def test_a_run_without_a_validation_part_says_so(charnn: Charnn, tiny_run: str) -> None:
    done = charnn("evaluate")
    assert done.code == 2
    assert "has no validation part" in done.err


def test_bytes_that_are_no_characters_are_shown_as_they_are(charnn: Charnn) -> None:
    Path("persian.txt").write_text("سلام دنیا " * 6)
    corpus = "corpus={source: persian.txt, unit: byte, split: [0.5, 0.5]}"
    assert charnn("train", "-c", "hello", "-s", corpus, "-s", "train.steps=2", "--quiet").code == 0
    position, symbol, _ = charnn("evaluate", "--per-character").text.splitlines()[0].split("\t")
    losses = charnn("evaluate", "--per-character", "--json").json["losses"]
    assert (position, symbol) == ("1", f"'{losses[0]['character']}'")
    assert losses[0]["character"].startswith("\\x")

"""The symbols of tables from the command line: another form of the same text, and parts in symbols that are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest

from tests.cli.conftest import Charnn
from tests.cli.test_tasks import TASKS, settings, train

NAMES = ["".join(letters) for letters in product("éèo", repeat=3)]
FORMS: Sequence[Literal["NFC", "NFD"]] = ("NFC", "NFD")


@pytest.mark.parametrize(
    ("task", "score", "of_both"), [("classification", "accuracy_any", 1), ("sequence-to-sequence", "rows", len(NAMES))]
)
def test_a_text_in_another_form_is_the_same_text(charnn: Charnn, task: str, score: str, of_both: float) -> None:
    written: dict[str, list[str]] = {form: [normalize(form, name) for name in NAMES] for form in FORMS}
    for form, names in written.items():
        rows = [f"{text}\t{'ab'['é' in name]}\n" for text, name in zip(names, NAMES, strict=True)]
        Path(f"{form}.tsv").write_text("".join(rows))
    run = train(charnn, task, "corpus={source: NFC.tsv, input: 1, target: 2, normalize: NFC, split: [0.7, 0.3]}")
    answers = [charnn("predict", run, *names).text for names in written.values()]
    assert len(answers[0].splitlines()) == len(NAMES)
    assert answers[0] == answers[1]
    scores = [charnn("evaluate", run, "--text", f"{form}.tsv", "--json").json for form in FORMS]
    assert [score.pop("table") for score in scores] == ["NFC.tsv", "NFD.tsv"]
    assert scores[0] == scores[1]
    assert scores[0]["left_out"] == 0
    # Whichever label is answered, one of the two rows of the text has it.
    rows = [f"{text}\t{label}\n" for form, label in zip(FORMS, "ab", strict=True) for text in written[form]]
    Path("both.tsv").write_text("".join(rows))
    assert charnn("evaluate", run, "--text", "both.tsv", "--json").json[score] == of_both


def with_foreign(task: str, part: str) -> str:
    """The section of a task's table, in which two rows for a part have symbols that no row for training has."""
    content, columns = TASKS[task]
    titles, *rows = content.splitlines()
    rows = [*(f"{row}\ttrain" for row in rows), f"xx\twith a\t{part}", f"xy\twithout\t{part}"]
    Path("parts.tsv").write_text("\n".join([f"{titles}\tpart", *rows]))
    return f"corpus={{source: parts.tsv, {columns}, part: part}}"


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("sampled", ["[0, 20]", "[]"])
def test_a_validation_part_of_unknown_symbols_is_refused_before_anything_is_written(
    charnn: Charnn, task: str, sampled: str
) -> None:
    corpus = with_foreign(task, "validation")
    done = charnn("train", "-c", "hello", *settings(task, corpus, f"train.sample_at={sampled}"))
    assert done.code == 2, done.err
    assert "the validation part of " in done.err
    assert "has no row that can be scored (2 in all): row 17 has the character 'x' (U+0078)" in done.err
    assert not Path("runs").exists()


@pytest.mark.parametrize("task", TASKS)
def test_a_part_or_a_table_of_unknown_symbols_has_no_scores(charnn: Charnn, task: str) -> None:
    run = train(charnn, task, with_foreign(task, "test"), "corpus.split=[1.0]")
    Path("foreign.tsv").write_text("word\tkind\tback\nxx\twith a\txx\nxy\twithout\tyx\n")
    for given, name, row in (
        (["--part", "test"], "the test part of ", 17),
        (["--text", "foreign.tsv"], "foreign.tsv has", 2),
    ):
        done = charnn("evaluate", run, *given, "--json")
        assert (done.code, done.out) == (2, b""), done.err
        assert name in done.err
        assert f"has no row that can be scored (2 in all): row {row} has the character 'x' (U+0078)" in done.err
    assert charnn("evaluate", run, "--part", "train").code == 0


@pytest.mark.parametrize("task", ["classification", "conditional-generation"])
def test_a_table_of_one_label_is_scored_and_teaches_nothing(charnn: Charnn, task: str) -> None:
    run = train(charnn, task)
    Path("one.tsv").write_text("word\tkind\ncat\twith a\nact\twith a\n")
    found = charnn("evaluate", run, "--text", "one.tsv", "--json")
    assert (found.code, found.json["left_out"]) == (0, 0), found.err
    done = charnn(
        "train", "-c", "hello", *settings(task, f"corpus={{source: one.tsv, {TASKS[task][1]}, split: [1.0]}}")
    )
    assert (done.code, "has one label only, 'with a': there is nothing to tell apart" in done.err) == (2, True), (
        done.err
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-le", "utf-8-sig"])
def test_lines_of_every_encoding_are_answered_one_by_one(charnn: Charnn, encoding: str) -> None:
    content, columns = TASKS["classification"]
    Path("coded.tsv").write_bytes(content.encode(encoding))
    run = train(charnn, "classification", f"corpus={{source: coded.tsv, {columns}, encoding: {encoding}}}")
    Path("words.txt").write_bytes("cat\r\ndog\n\ngoat".encode(encoding))
    Path("plain.txt").write_text("cat\ndog\n\ngoat\n")
    plain = train(charnn, "classification")
    found = charnn("predict", run, "--file", "words.txt").text.splitlines()
    assert found == charnn("predict", plain, "--file", "plain.txt").text.splitlines()
    assert [bool(line) for line in found] == [True, True, False, True]

"""The tasks on tables from the command line: train, predict, evaluate, sample; and what bad input says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from charnn.runs.layout import METRICS, SAMPLES
from charnn.runs.run import Run
from charnn.storage.tensor_file import read_tensors
from tests.cli.conftest import Charnn

WORDS = ("cat", "dog", "act", "god", "coat", "toad", "data", "do", "goat", "ad", "tag", "cod", "gat", "dot", "taco")
LABELLED = "word\tkind\n" + "".join(f"{word}\t{'with a' if 'a' in word else 'without'}\n" for word in WORDS)
REVERSED = "word\tback\n" + "".join(f"{word}\t{word[::-1]}\n" for word in WORDS)

TASKS = {
    "classification": (LABELLED, "input: word, target: kind"),
    "conditional-generation": (LABELLED, "input: kind, target: word"),
    "sequence-to-sequence": (REVERSED, "input: word, target: back"),
}


STRATEGIES = ("bptt.strategy=full", "bptt={strategy: truncated, tau: 2}", "bptt={strategy: randomized, pi: 0.5}")
OF_LANES = (
    "bptt={strategy: full, sequence: 3}",
    "bptt={strategy: truncated, stride: 2}",
    "bptt={strategy: randomized, max_window: 9}",
)


def settings(task: str, *more: str, source: str | None = None) -> list[str]:
    table, columns = TASKS[task]
    source = source or f"{task}.tsv"
    if not Path(source).exists():
        Path(source).write_text(table)
    corpus = f"corpus={{source: {source}, {columns}, split: [0.7, 0.3]}}"
    given = ["train={lanes: 4, steps: 30, report_every: 10, validate_every: 10, sample_at: [0, 20]}", "model.hidden=8"]
    return [part for one in [corpus, f"task.name={task}", *given, *more] for part in ("-s", one)]


def train(charnn: Charnn, task: str, *more: str) -> str:
    done = charnn("train", "-c", "hello", *settings(task, *more), "--quiet")
    assert done.code == 0, done.err
    return done.text.strip()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("more", STRATEGIES)
def test_a_training_reports_the_task_s_own_measures(charnn: Charnn, task: str, more: str) -> None:
    run = Run(Path(train(charnn, task, more)))
    rows = run.rows(METRICS)
    assert [row["step"] for row in rows] == [10, 20, 30]
    wanted = {
        "classification": {"validation_accuracy", "validation_macro_f1", "rows", "validation_top3"},
        "conditional-generation": {"validation_bpc", "characters", "bpc"},
        "sequence-to-sequence": {"validation_exact_match", "validation_symbol_error_rate", "symbols"},
    }[task]
    assert all(wanted | {"validation_loss", "loss"} <= row.keys() for row in rows)
    assert all(math.isfinite(row["loss"]) for row in rows)
    assert [row["step"] for row in run.rows(SAMPLES)] == [0, 20]
    assert (run.path / "best.safetensors").exists()


@pytest.mark.parametrize("task", TASKS)
def test_a_training_that_was_resumed_is_the_whole_one(charnn: Charnn, task: str) -> None:
    more = ("bptt={strategy: randomized, pi: 0.5}", "model={hidden: 8, layers: 2, dropout: 0.3}")
    whole = Run(Path(train(charnn, task, *more)))
    half = Run(Path(train(charnn, task, *more, "train.steps=13")))
    done = charnn("train", "--resume", half.path, "-s", "train.steps=30", "--quiet")
    assert done.code == 0, done.err
    assert (half.path / "last.safetensors").read_bytes() == (whole.path / "last.safetensors").read_bytes()
    assert half.rows(SAMPLES) == whole.rows(SAMPLES)


def test_what_a_classifier_was_asked_for_beside_labels_changes_no_command(charnn: Charnn) -> None:
    run = Run(Path(train(charnn, "classification", "task.text_weight=0.2", "train.patience=null")))
    last = run.rows(METRICS)[-1]
    done = charnn("evaluate", run.path, "--weights", "last", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.text)["loss"] == pytest.approx(last["validation_loss"], abs=1e-6)
    assert charnn("predict", run.path, "cat").text.strip() in ("with a", "without")
    assert charnn("train", "--resume", run.path, "-s", "train.steps=40", "--quiet").code == 0


def test_the_best_network_is_the_best_by_the_measure_that_was_named(charnn: Charnn) -> None:
    for measure, better in (("accuracy", max), ("loss", min)):
        run = Run(Path(train(charnn, "classification", f"train.best_by={measure}")))
        values = [row[f"validation_{measure}"] for row in run.rows(METRICS)]
        _, path = run.weights("best")
        assert read_tensors(path).document[f"validation_{measure}"] == better(values)
    done = charnn("train", "-c", "hello", *settings("classification", "train.best_by=acuracy"))
    assert done.code == 2
    assert "did you mean `accuracy`" in done.err


def test_predict_answers_a_line_with_a_line(charnn: Charnn) -> None:
    run = train(charnn, "classification")
    done = charnn("predict", run, "cat", "dog")
    assert done.code == 0, done.err
    assert len(done.text.splitlines()) == 2
    Path("lines.txt").write_bytes("\ufeffcat\r\n\nx☃\ndog".encode() + b"\n\xff\n")
    done = charnn("predict", run, "--file", "lines.txt", "--json")
    rows = [json.loads(line) for line in done.text.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5]
    assert ["answers" in row for row in rows] == [True, False, False, True, False]
    assert rows[0]["input"] == "cat"
    assert rows[1]["error"] == "the text is empty"
    assert "'☃' (U+2603) at position 1" in rows[2]["error"]
    assert "not utf-8" in rows[4]["error"]
    unknown, foreign = (charnn("predict", run, "☃", *more).err for more in ((), ("--skip-unknown",)))
    assert "'☃' (U+2603) at position 0" in unknown
    assert "the text holds no character that the model knows" in foreign
    plain = charnn("predict", run, "--file", "lines.txt")
    assert plain.code == 0
    assert [bool(line) for line in plain.text.splitlines()] == [True, False, False, True, False]
    assert plain.text.splitlines()[0] == rows[0]["answers"][0]["text"]


def test_predict_gives_several_answers_with_their_probabilities(charnn: Charnn) -> None:
    run = train(charnn, "classification")
    (row,) = [json.loads(line) for line in charnn("predict", run, "cat", "--top", "5", "--json").text.splitlines()]
    assert sum(answer["probability"] for answer in row["answers"]) == pytest.approx(1)
    assert row["answers"][0]["probability"] >= row["answers"][1]["probability"]
    run = train(charnn, "sequence-to-sequence")
    (row,) = [json.loads(line) for line in charnn("predict", run, "cat", "--top", "4", "--json").text.splitlines()]
    assert len({answer["text"] for answer in row["answers"]}) == 4
    done = charnn("predict", run, "cat", "--top", "4", "--beam", "2")
    assert (done.code, "--beam 4" in done.err) == (2, True)


def test_what_a_run_cannot_do_names_the_command_that_can(charnn: Charnn, tiny_run: str) -> None:
    labels, pairs = train(charnn, "classification"), train(charnn, "sequence-to-sequence")
    texts = train(charnn, "conditional-generation")
    for arguments, names in (
        (("sample", labels), "`charnn predict`"),
        (("sample", pairs), "`charnn predict`"),
        (("predict", tiny_run, "cat"), "`charnn sample`"),
        (("predict", texts, "cat"), "`charnn sample --label`"),
        (("inspect", "units", texts), "no encoder"),
        (("inspect", "units", labels, "--top", "2"), "--top"),
        (("inspect", "gradients", texts), "no encoder"),
        (("inspect", "windows", labels), "`charnn predict`"),
        (("sample", texts, "--label", "with"), "did you mean `with a`"),
        (("sample", texts), "--label"),
        (("sample", tiny_run, "--label", "x"), "`charnn sample`"),
        (("evaluate", tiny_run, "--confusion"), "running text"),
        (("evaluate", tiny_run, "--plot", "a.png"), "running text"),
        (("evaluate", tiny_run, "--min-accuracy", "0"), "running text"),
        (("evaluate", tiny_run, "--max-error-rate", "0"), "running text"),
        (("evaluate", labels, "--beam", "3"), "--beam"),
        (("evaluate", texts, "--beam", "3"), "--beam"),
        (("predict", labels, "cat", "--beam", "3"), "--beam"),
        (("evaluate", labels, "--per-character"), "--per-character"),
        (("evaluate", labels, "--max-bpc", "2"), "accuracy"),
        (("evaluate", pairs, "--baseline"), "--baseline"),
    ):
        done = charnn(*arguments)
        assert done.code == 2, (arguments, done.err)
        assert names in done.err, (arguments, done.err)
        assert "defect" not in done.err
        assert not done.out


def test_evaluate_scores_a_part_or_another_table(charnn: Charnn) -> None:
    run = train(charnn, "classification", "train.steps=60")
    document = charnn("evaluate", run, "--json", "--confusion", "--mistakes", "3", "--baseline").json
    assert {"accuracy", "accuracy_any", "top3", "macro_f1", "loss"} <= document.keys()
    assert sum(map(sum, document["confusion"]["counts"])) == document["rows"]
    right = sum(row[place] for place, row in enumerate(document["confusion"]["counts"]))
    assert right / document["rows"] == pytest.approx(document["accuracy"])
    assert document["baseline"]["accuracy"] >= 0
    Path("other.tsv").write_text("word\tkind\ncat\twith a\ndog\tabsent\nx\twithout\n")
    other = charnn("evaluate", run, "--text", "other.tsv", "--json").json
    assert (other["rows"], other["left_out"]) == (3, 2)
    assert other["accuracy"] <= 1 / 3
    assert charnn("evaluate", run, "--min-accuracy", "1.01").code == 1
    assert charnn("evaluate", run, "--min-accuracy", "0").code == 0
    pairs = train(charnn, "sequence-to-sequence")
    assert charnn("evaluate", pairs, "--max-error-rate", "0.001").code == 1
    assert charnn("evaluate", pairs, "--beam", "3", "--mistakes", "2").code == 0


def test_texts_for_a_label_are_lines(charnn: Charnn) -> None:
    run = train(charnn, "conditional-generation")
    first = charnn("sample", run, "--label", "with a", "--count", "3", "--copied", "--length", "5")
    assert first.code == 0, first.err
    assert len(first.text.splitlines()) == 3
    assert "of 3 stand in the training part" in first.err
    assert charnn("sample", run, "--label", "with a", "--count", "3", "--length", "5").text == first.text
    begun = charnn("sample", run, "--label", "without", "--prime", "go", "--json").json
    assert begun["samples"][0]["text"].startswith("go")


BAD = {
    "a missing column": ("word\tkinds\na\tb\nc\td\n", "has no column `kind`"),
    "a row with too few cells": ("word\tkind\na\tb\nc\n", "row 3: it has 1 cell"),
    "a row with too many cells": ("word\tkind\na\tb\td\n", "row 2: it has 3 cells"),
    "an empty text": ("word\tkind\n\tb\nc\td\n", "row 2: its `word` is empty"),
    "an empty target": ("word\tkind\na\t\nc\td\n", "row 2: its `kind` is empty"),
    "one label only": ("word\tkind\na\tb\nc\tb\nd\tb\n", "one label only, 'b'"),
    "no rows": ("word\tkind\n", "has no rows"),
    "nothing": ("", "is empty"),
    "too few rows": ("word\tkind\na\tb\nc\td\n", "leave none for the"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_is_one_clear_message_and_leaves_nothing(charnn: Charnn, name: str) -> None:
    table, message = BAD[name]
    Path("bad.tsv").write_text(table)
    done = charnn("train", "-c", "hello", *settings("classification", source="bad.tsv"))
    assert done.code == 2, done.err
    assert message in done.err
    assert "defect" not in done.err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("file", "table", "message"),
    [
        ("bad.csv", 'word,kind\n"a,b\n', "a quote is never closed"),
        ("bad.jsonl", '{"word": "a", "kind": "b"}\n[1]\n', "row 2: it is not a JSON object"),
        ("bad.jsonl", '{"word": "a"}\n', "row 1 has no key `kind`"),
        ("bad.jsonl", '{"word": "a\\u0000", "kind": "b"}\n', "U+0000"),
    ],
)
def test_bad_csv_and_json_lines(charnn: Charnn, file: str, table: str, message: str) -> None:
    Path(file).write_text(table)
    done = charnn("train", "-c", "hello", *settings("classification", source=file))
    assert (done.code, message in done.err) == (2, True), done.err


@pytest.mark.parametrize("key", OF_LANES)
def test_keys_of_lanes_are_refused(charnn: Charnn, key: str) -> None:
    done = charnn("train", "-c", "hello", *settings("classification", key))
    assert (done.code, "is for the lanes of a running text" in done.err) == (2, True), done.err


def test_odd_tables_are_read(charnn: Charnn) -> None:
    """A BOM, CR LF, a label that is seen once, a symbol of the validation part alone, a very long row."""
    rows = "".join(f"{word}\t{'x' if 'a' in word else 'y'}\r\n" for word in WORDS)
    Path("odd.tsv").write_bytes(f"\ufeffword\tkind\r\n{rows}{'ab' * 5000}\tonce\r\n".encode())
    done = charnn("train", "-c", "hello", *settings("classification", source="odd.tsv"))
    assert done.code == 0, done.err
    assert "1 labels occur once; their rows are for training" in done.err


def test_a_table_from_standard_input_is_kept_in_the_run(charnn: Charnn) -> None:
    given = settings("classification")
    given[1] = given[1].replace("source: classification.tsv", "source: '-'")
    done = charnn("train", "-c", "hello", *given, "--quiet", stdin=LABELLED.encode())
    assert done.code == 0, done.err
    run = Path(done.text.strip())
    assert (run / "text.tsv").read_text() == LABELLED
    assert charnn("evaluate", run).code == 0


def test_a_decision_is_shown_as_a_table_as_numbers_and_as_a_page(charnn: Charnn) -> None:
    run = train(charnn, "classification")
    done = charnn("inspect", "decision", run, "cat", "dog")
    assert done.code == 0, done.err
    assert "with" in done.text
    Path("lines.txt").write_text("cat\n\ndog\n")
    rows = [
        json.loads(line)
        for line in charnn("inspect", "decision", run, "--file", "lines.txt", "--json").text.splitlines()
    ]
    assert [row["text"] for row in rows] == ["cat", "dog"]
    assert [len(row["weights"]) for row in rows] == [3, 3]
    answer = json.loads(charnn("predict", run, "cat", "--json").text)["answers"][0]
    assert rows[0]["answer"] == answer["text"]
    assert max(rows[0]["beliefs"][-1]) == pytest.approx(answer["probability"], abs=1e-5)
    assert charnn("inspect", "decision", run, "cat", "--html", "page.html").text == "page.html\n"
    assert Path("page.html").read_text().startswith("<!doctype html>")
    for arguments, message in (
        ((run, "x☃"), "'☃'"),
        ((run, "cat", "--label", "with"), "did you mean `with a`"),
        ((run,), "give texts"),
        ((train(charnn, "sequence-to-sequence"), "cat"), "only a classifier decides"),
    ):
        done = charnn("inspect", "decision", *arguments)
        assert (done.code, message in done.err) == (2, True), done.err


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("{every: 20, validaton: [0]}", "unknown key `validaton` (did you mean `validation`?)"),
        ("{every: 2, validation: [5]}", "the places must be below `every`, which is 2"),
        ("{validation: [0]}", "`every`: Field required"),
        ("[0.9, 0.1, 0]", "every share must be above 0"),
        ("[0.5, 0.6]", "the shares must add up to 1, not 1.1"),
    ],
)
def test_a_wrong_split_is_told_in_words(charnn: Charnn, split: str, message: str) -> None:
    done = charnn("train", "-c", "hello", *settings("classification"), "-s", f"corpus.split={split}")
    assert (done.code, message in done.err) == (2, True), done.err
    assert "function" not in done.err
    assert done.err.count("corpus.split") == 1


@pytest.mark.parametrize("task", ["classification", "sequence-to-sequence"])
def test_the_look_inside_takes_encoders(charnn: Charnn, task: str) -> None:
    run = train(
        charnn, task, "task={name: sequence-to-sequence, reverse_source: true}" if "to" in task else "model.layers=2"
    )
    document = charnn("inspect", "gradients", run, "--lags", "9", "--json").json
    (network,) = document["networks"]
    assert network["layer"] == (0 if "to" in task else 1)
    assert len(network["states"]["h"]["median"]) <= max(map(len, WORDS))
    fresh = charnn(
        "inspect", "gradients", "-c", "hello", *settings(task), "--vary", "model.cell=rnn,gru", "--json"
    ).json
    assert [one["cell"] for one in fresh["networks"]] == ["rnn", "gru"]
    assert all(one["states"]["h"]["median"][0] > 0 for one in fresh["networks"])
    view = charnn("inspect", "units", run, "--unit", "2", "--json").json
    lines = "".join(symbol["character"] for symbol in view["symbols"]).split("\n")
    assert lines.pop() == ""
    assert {*lines} <= {word[::-1] if "to" in task else word for word in WORDS}
    assert charnn("inspect", "units", run, "--text", f"{task}.tsv").code == 0
    if not torch.cuda.is_available():
        assert "device cuda" in charnn("inspect", "units", run, "--device", "cuda").err
    found = charnn("inspect", "units", run, "--find", "position", "--json").json["found"]["position"]
    assert len(found) == (8 if "to" in task else 10), "all units of one layer, or the ten best of two"
    assert charnn("inspect", "units", run, "--unit", "2", "--html", "page.html").text == "page.html\n"

"""charnn from Python: what the functions return is what the commands print."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

import charnn
from charnn.errors import CharnnError, InputError, RunError, UsageError
from tests.cli.conftest import Charnn
from tests.cli.conftest import charnn as command  # noqa: F401 (a fixture)

TEXT = {"corpus": {"text": "the sea shells she sells by the sea shore " * 5}, "model": {"cell": "gru", "hidden": 8}}
TRAIN = {"train.lanes": 2, "train.steps": 30, "train.sample_at": [20]}
ROWS = "".join(f"{word}\t{label}\n" for label in ("a", "b") for word in (label * n for n in range(1, 12)))


@pytest.fixture(name="run")
def _run() -> charnn.OpenRun:
    return charnn.train(TEXT, TRAIN, quiet=True)


@pytest.fixture(name="classifier")
def _classifier() -> charnn.OpenRun:
    Path("rows.tsv").write_text("text\tlabel\n" + ROWS)
    return charnn.train(
        {
            "corpus": {"source": str(Path("rows.tsv").absolute()), "input": "text", "target": "label"},
            "task": {"name": "classification"},
            "model": {"cell": "rnn", "hidden": 8},
        },
        {"train.lanes": 4, "train.epochs": 20},
        quiet=True,
    )


def test_it_writes_and_scores_what_the_commands_do(run: charnn.OpenRun, command: Charnn) -> None:  # noqa: F811
    drawn = command("sample", "--prime", "the ", "--length", "40", "--seed", "3", "--temperature", "0.7")
    assert run.sample("the ", length=40, seed=3, temperature=0.7) + "\n" == drawn.text
    three = command("sample", "--count", "3", "--length", "20").text
    assert "\n\n".join(run.samples(3, length=20)) + "\n" == three
    with pytest.raises(UsageError, match="`count` is at least 1"):
        run.samples(0)
    text = "she sells shells"
    Path("other.txt").write_text(text)
    done = command("evaluate", "--text", "other.txt", "--json", "--per-character").json
    score = run.score(text)
    assert (score.nats, score.bpc, score.perplexity) == pytest.approx((done["nats"], done["bpc"], done["perplexity"]))
    assert [one for one, _ in score.per_character] == list(text[1:])
    assert [nats for _, nats in score.per_character] == pytest.approx([one["nats"] for one in done["losses"]])
    assert run.evaluate()["nats"] == pytest.approx(command("evaluate", "--json").json["nats"])


def test_what_may_come_next_is_a_distribution_and_agrees_with_the_score(run: charnn.OpenRun) -> None:
    text = "the s"
    after = [run.next(text[:place]) for place in range(1, len(text))]
    for found, (character, nats) in zip(after, run.score(text).per_character, strict=True):
        assert sum(found.values()) == pytest.approx(1)
        assert list(found.values()) == sorted(found.values(), reverse=True)
        assert -math.log(found[character]) == pytest.approx(nats, abs=1e-6)


def test_it_answers_what_the_command_does(classifier: charnn.OpenRun, command: Charnn) -> None:  # noqa: F811
    for text in ("aaa", "bb"):
        answers = command("predict", text, "--json", "--top", "2").json["answers"]
        found = classifier.predict(text, top=2)
        assert [label for label, _ in found] == [answer["text"] for answer in answers]
        assert [p for _, p in found] == pytest.approx([answer["probability"] for answer in answers])
    assert classifier.predict_all(["aaa", "bb"]) == [classifier.predict("aaa"), classifier.predict("bb")]
    measured = classifier.evaluate()
    assert measured["accuracy"] == pytest.approx(command("evaluate", "--json").json["accuracy"])


@pytest.mark.parametrize(("adapt", "mix"), [(False, True), (True, False), (True, True)])
def test_it_reads_as_the_options_of_the_commands_say(
    run: charnn.OpenRun,
    command: Charnn,  # noqa: F811
    adapt: bool,
    mix: bool,
) -> None:
    assert command("mix", "--order", "3").code == 0
    flags = [flag for flag, given in (("--adapt", adapt), ("--mix", mix)) if given]
    opened = charnn.open_run(adapt=adapt, mix=mix)
    assert opened.evaluate()["nats"] == pytest.approx(command("evaluate", *flags, "--json").json["nats"])
    drawn = command("sample", "--prime", "the ", "--length", "20", *flags).text
    assert opened.sample("the ", length=20) + "\n" == drawn
    Path("other.txt").write_text("she sells the sea")
    done = command("evaluate", "--text", "other.txt", "--json", *flags).json
    # Each text is read by the network as it was trained.
    assert [opened.score("she sells the sea").nats for _ in range(2)] == pytest.approx([done["nats"]] * 2)
    assert opened.score("she sells the sea").nats != run.score("she sells the sea").nats
    after = opened.next("she s")
    assert sum(after.values()) == pytest.approx(1)
    assert after != run.next("she s")
    assert sum(opened.next("").values()) == pytest.approx(1)


def test_a_classifier_answers_with_n_grams(classifier: charnn.OpenRun, command: Charnn) -> None:  # noqa: F811
    with pytest.raises(UsageError, match="charnn mix"):
        charnn.open_run(mix=True).predict("aaa")
    assert command("mix", "--order", "3").code == 0
    opened = charnn.open_run(mix=True)
    (answer,) = command("predict", "abab", "--mix", "--json").json["answers"]
    assert opened.predict("abab") == [(answer["text"], pytest.approx(answer["probability"]))]
    assert opened.evaluate()["loss"] == pytest.approx(command("evaluate", "--mix", "--json").json["loss"])


def test_what_has_no_mixture_says_so() -> None:
    Path("rows.tsv").write_text("text\tlabel\n" + ROWS)
    written = charnn.train(
        {
            "corpus": {"source": str(Path("rows.tsv").absolute()), "input": "label", "target": "text"},
            "task": {"name": "conditional-generation"},
            "model": {"cell": "rnn", "hidden": 8},
        },
        {"train.lanes": 4, "train.steps": 2},
        quiet=True,
    )
    with pytest.raises(UsageError, match="conditional-generation"):
        charnn.open_run(written.path, mix=True)


def test_a_table_is_not_adapted_to(classifier: charnn.OpenRun) -> None:
    with pytest.raises(UsageError, match="classification"):
        charnn.open_run(classifier.path, adapt=True)


def test_it_tells_of_itself(run: charnn.OpenRun) -> None:
    assert run.config["model"]["hidden"] == 8
    assert run.parameters > 8 * 8 * 3
    assert run.metrics[-1]["step"] == 30
    assert repr(run).startswith(f"<run {run.path}: gru 8, finished after 30 steps")


def test_a_notebook_shows_curves_a_sample_and_a_coloured_text(run: charnn.OpenRun) -> None:
    shown = run._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "&lt;svg" in shown
    assert "After 20 steps" in shown
    shown = run.score("she sells")._repr_html_()
    assert shown.count("&lt;span") == len("he sells")


def test_settings_and_names_are_those_of_the_command(command: Charnn) -> None:  # noqa: F811
    trained = charnn.train("hello", {"train.steps": 12, "model.hidden": 5}, out="mine", quiet=True)
    assert trained.path == "mine"
    assert command("train", "-c", "hello", "-s", "train.steps=12", "-s", "model.hidden=5", "--out", "theirs").code == 0
    assert Path("mine/last.safetensors").read_bytes() == Path("theirs/last.safetensors").read_bytes()
    assert charnn.open_run("mine").sample("he", length=5) == charnn.open_run("theirs").sample("he", length=5)


def test_a_relative_path_in_a_mapping_begins_at_the_working_folder(command: Charnn) -> None:  # noqa: F811
    Path("sea.txt").write_text(TEXT["corpus"]["text"])
    run = charnn.train({**TEXT, "corpus": {"source": "sea.txt"}}, TRAIN, out="deep/inside", quiet=True)
    assert run.config["corpus"]["source"] == str(Path("sea.txt").absolute())
    assert run.evaluate()["nats"] == pytest.approx(run.metrics[-1]["validation_loss"], rel=1e-6)
    done = command("train", "--resume", "deep/inside", "-s", "train.steps=40", "--quiet")
    assert done.code == 0, done.err


def test_a_mapping_stays_as_it_was() -> None:
    before = json.dumps(TEXT)
    charnn.train(TEXT, {**TRAIN, "model.hidden": 4}, quiet=True)
    assert json.dumps(TEXT) == before


def test_what_cannot_be_is_said(run: charnn.OpenRun, classifier: charnn.OpenRun) -> None:
    with pytest.raises(RunError, match="no run `nothing`"):
        charnn.open_run("nothing")
    with pytest.raises(InputError, match="the prime"):
        run.sample("Ω")
    with pytest.raises(UsageError):
        run.predict("the")
    with pytest.raises(UsageError):
        classifier.score("aaa")
    with pytest.raises(UsageError, match="does not write for labels"):
        classifier.sample()
    with pytest.raises(UsageError, match="`stop` is for running texts"):
        classifier.sample(label="a", stop=["b"])
    with pytest.raises(UsageError, match="classification has none"):
        classifier.predict("aaa", beam=2)
    for opened in (run, classifier):
        with pytest.raises(InputError, match="no part `tset` .did you mean `test`"):
            opened.evaluate("tset")
    with pytest.raises(InputError, match="empty"):
        classifier.predict("")
    with pytest.raises(CharnnError, match="hiden"):
        charnn.train("hello", {"model.hiden": 3}, quiet=True)
    with pytest.raises(AttributeError, match="charnn has no 'trian'"):
        charnn.trian  # noqa: B018


def test_importing_is_nothing_and_reading_needs_no_torch(run: charnn.OpenRun) -> None:
    code = (
        "import sys, charnn\n"
        "assert not {'torch', 'numpy', 'pydantic'} & set(sys.modules)\n"
        f"run = charnn.open_run({run.path!r})\n"
        "run.sample('the ', length=9); run.score('the sea'); run.next('th'); run._repr_html_(); run.evaluate()\n"
        "charnn.ngrams.fit('the sea', order=3).sample()\n"
        "assert 'torch' not in sys.modules\n"
        "charnn.nn.LSTM; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

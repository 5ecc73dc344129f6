"""Odd arguments end with the right thing, or with exit 2 and a message about what was typed."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from charnn import cli
from charnn.cli._shared.legible import legible, visible
from tests.cli.conftest import Charnn, Done

RAW = {*map(chr, range(32)), "\x7f", *map(chr, range(0x80, 0xA0))} - {"\n"}
NAMES = [
    name
    for odd in (*string.punctuation, *map(chr, range(1, 32)), " ", "\x7f", "\x9b", "\u202e", "é", "\udcff")
    for name in (f"a{odd}b", f"{odd}x")
    if odd != "/"
]
HUGE, ENDLESS = "9" * 30, "9" * 5000

# What is typed, and what the message must name: what was typed, where it was, or how it is mended.
REFUSED: list[tuple[tuple[str, ...], str]] = [
    *(
        (("ngram-stats", "t.txt", "--top", number), "'--top'")
        for number in ("0", "-1", "1e3", "0x10", "1.5", "nan", "")
    ),
    *(
        (("ngram-stats", "t.txt", "--order", number), f"'{number}'")
        for number in ("½", "1,000", "inf", "true", "1e400")
    ),
    *((("sample", "RUN", "--seed", number), f"not '{number}'") for number in ("-1", "1.5", "-0x1", "ten", "")),
    *((("sample", "RUN", "--top-p", number), f"not '{number}'") for number in ("1.01", "-0.1", "nan", "inf", HUGE)),
    *((("sample", "RUN", "--length", number), f"not '{number}'") for number in ("-1", "1e2", "nan", "٣٫٥")),
    *((("evaluate", "RUN", "--max-bpc", number), number) for number in ("nan", "-1", "-inf")),
    *((("ngram-stats", "t.txt", "--memory", size), f"not `{size}`") for size in ("", "0", "-1", "nan", "1T", HUGE)),
    *(
        (("ngram-stats", "t.txt", "--model", "add-k", "--evaluate", "--split", shares), f"not `{shares}`")
        for shares in ("", "0", "nan,nan", "0.9;0.1", "1,0", "0.9,0.2", "-0.1,1.1")
    ),
    *((("inspect", "units", "RUN", "--unit", number), number) for number in ("-1", HUGE, "1.5")),
    (("ngram-stats", "t.txt", "--top", ENDLESS), "not '99999"),
    (("sample", "RUN", "--temperature", "1e400"), "not inf"),
    (("sample", "RUN", "--top-p", "0"), "top p must be a probability above 0"),
    (("train", "--resume", "RUN", "--from", HUGE), f"no checkpoint of step {HUGE}"),
    (("train", "-c", "hello", "-s", "train.steps=nan"), "train.steps"),
    (("train", "-c", "hello", "-s", "train.seed=-1"), "train.seed: must be greater than or equal to 0, not -1"),
    (("train", "-c", "hello", "-s", f"train.seed={HUGE}"), "train.seed"),
    *(
        (("train", "-c", "hello", "-s", f"model.{key}={HUGE}"), f"model.{key}: must be less than or equal to 1000000")
        for key in ("hidden", "layers", "embedding")
    ),
    (("sample", "RUN", "--count", HUGE), f"not '{HUGE}'"),
    (("probe", "agreement", "RUN", "--sentences", HUGE), f"not '{HUGE}'"),
    (("train", "-c", "hello", "-s", f"train.lanes={HUGE}"), f"in {HUGE} lanes"),
    (("train", "-c", "hello", "-s", f"bptt={{strategy: truncated, tau: {HUGE}}}"), f"needs {HUGE}"),
    (("train", "-c", "hello", "-s", ".=3"), "--set takes key=value, such as model.hidden=512, not `.=3`"),
    (("train", "-c", "hello", "-s", "=3"), "not `=3`"),
    (("train", "-c", "hello", "-s", ""), "not ``"),
    (("train", "-c", "hello", "-c", "helo"), "no configuration `helo`"),
    (("train", "hello"), "say `charnn train --config hello`"),
    (("train", "t.txt"), "say `charnn train --config t.txt`"),
    (("train", "RUN"), "RUN belongs to --resume"),
    (("train", "-c", ""), "no configuration ``"),
    (("train", "-c", "hello", "--out", ""), "no file can be called ''"),
    (("train", "-c", "hello", "--out", "a\0b"), "no file can be called 'a\\x00b'"),
    (("train", "-c", "hello", "--init", "."), ". is not a complete run"),
    (("train", "-c", "hello", "--quiet=3"), "'--quiet' does not take a value"),
    (("runs", ""), "no file can be called ''"),
    (("runs", "t.txt"), "there is no folder t.txt"),
    (("sample", ""), "no run ``"),
    (("sample", "\udcff"), "no run `\\xff`"),
    (("sample", "RUN", "--prime", "\udcff"), "--prime is not UTF-8"),
    (("sample", "RUN", "--prime-file", ""), "no text ``: no such file"),
    (("sample", "RUN", "--weights", ""), "'' is not one of 'best', 'last'"),
    (("evaluate", "RUN", "--text", ""), "no text ``"),
    (("evaluate", "RUN", "--text", "\x1b[2J"), "no text `\\x1b[2J`"),
    (("evaluate", "RUN", "--part", "dev"), "'dev' is not one of"),
    (("plot", ""), "no run ``"),
    (("plot", "RUN", "--out", "x.gif"), "`x.gif` does not"),
    (("report", "RUN", "--out", ""), "no file can be called ''"),
    (("export", "RUN", "--format", ""), "unknown format ``"),
    (("import", ""), "no file can be called ''"),
    (("import", "t.txt", "--format", "torch"), "t.txt"),
    (("recipes", "\x1b"), "no recipe `\\x1b`"),
    (("recipes", "../hello"), "did you mean `hello`?"),
    (("ngram-stats", ""), "no text ``"),
    (("ngram-stats", "."), ". is a folder"),
    (("ngram-stats", "a\0b"), "no text `a\\x00b`"),
    (("ngram-stats", "t.txt", "t.txt"), "unexpected extra argument(s) (t.txt)"),
    (("ngram-stats", "t.txt", "--encoding", "utf-9"), "unknown encoding `utf-9`"),
    (("ngram-stats", "t.txt", "--plot", ""), "no file can be called ''"),
    (("ngram-stats", "t.txt", "--model", "Add-K", "--evaluate"), "did you mean `add-k`?"),
    (("ngram-stats", "t.txt", "--model", "add-k", "--explain", ""), "--explain has no characters"),
    (("ngram-stats", "t.txt", "--escape-formulas"), "--escape-formulas is for --csv"),
    (("inspect", "units", "RUN", "--find", ""), "unknown property ``"),
    (("inspect", "gradients", "-c", "hello", "--vary", "=="), "not `==`"),
    (("inspect", "gradients", "-c", "hello", "--recurrent", "orthogonal:nan"), "not `orthogonal:nan`"),
    (("bench", "corpus", "--size", "0"), "not `0`"),
    (("bench", "train", "--shape", "1,1"), "not `1,1`"),
    (("bench", "sample", "--network", "-1,2"), "not `-1,2`"),
    (("",), "no such command ''"),
    (("\x1b[2J",), "no such command '\\x1b[2J'"),
    (("--\udcff",), "no such option: --\\xff"),
    (("trian",), "did you mean 'train'?"),
    (("train", "--no-such\x1b[1m"), "no such option: --no-such\\x1b[1m"),
]

# What is typed, and what comes out.
TAKEN: list[tuple[tuple[str, ...], str]] = [
    *(
        (("ngram-stats", "t.txt", "--order", number, "--top", "1", "--csv"), '"hello"')
        for number in ("1", "+1", " 1 ", "1.0", "1\n", "01")
    ),
    (("ngram-stats", "t.txt", "--order", "9", "--order", "1", "--csv"), '1,1,"hello"'),
    (("sample", "RUN", "--length", "0", "--prime", "hel"), "hel\n"),
    (("sample", "RUN", "--length", "1_0", "--length", "-0"), "\n"),
    (("sample", "RUN", "--length", "2", "--seed", HUGE), "\n"),
    (("sample", "RUN", "--length", "2", "--top-k", HUGE, "--temperature", "-0"), "\n"),
    (("evaluate", "RUN", "--text", "t.txt", "--skip-unknown", "--max-bpc", "1e400"), "bpc"),
    (("train", "-c", "quickstart", "-c", "hello", "-s", "train.steps=9", "-s", "train.steps=1", "-q"), "runs/hello-"),
    (("train", "-c", "hello", "-s", "train.steps=1", "-s", "optimizer.learning_rate=1e-3", "-q"), "runs/hello-"),
    (("train", "-c", "hello", "-s", "train.steps=1", "-q", "--out", "a\tb"), "a\tb\n"),
    (("train", "-c", "hello", "-s", "train.steps=1", "-s", f"train.report_every={HUGE}", "-q"), "runs/hello-"),
    (("inspect", "units", "RUN", "--text", "t.txt", "--skip-unknown", "--unit", "0", "--length", HUGE), "h of unit 0"),
    (("recipes", "hello"), "# charnn train --config hello"),
    (("--version", "--version"), "charnn "),
]


@pytest.fixture
def said(charnn: Charnn, tiny_run: str, monkeypatch: pytest.MonkeyPatch) -> Charnn:
    """Run a command for which RUN is a run and t.txt a text; look at how it ended."""
    # Making the commands' parsers takes most of the time of a command that is refused.
    monkeypatch.setattr("charnn.cli.build", cache(cli.build))
    monkeypatch.setattr("typer.main.get_command", cache(get_command))
    Path("t.txt").write_text("hello hello\n" * 20)

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        done = charnn(*(tiny_run if argument == "RUN" else argument for argument in arguments), stdin=stdin)
        assert done.code in (0, 2), (arguments, done)
        assert (done.code == 2) == ("error: " in done.err), (arguments, done)
        assert not RAW & {*done.err}, (arguments, done)
        assert not {"Traceback", "defect"} & {*done.err.split()}, (arguments, done)
        assert len(done.err) < 3000, (arguments, done)
        return done

    return run


def test_refused(said: Charnn) -> None:
    assert len(REFUSED) >= 100
    for arguments, expected in REFUSED:
        done = said(*arguments)
        assert (done.code, done.out) == (2, b""), arguments
        assert expected.lower() in done.err.lower(), (arguments, done.err)


def test_taken(said: Charnn) -> None:
    for arguments, expected in TAKEN:
        done = said(*arguments)
        assert done.code == 0, (arguments, done.err)
        assert expected in done.text, arguments


def in_message(name: str) -> str:
    return legible(name).replace("\t", "\\t")


def test_files_with_odd_names(said: Charnn) -> None:
    """Every ASCII punctuation mark and control character, and bytes that are not UTF-8."""
    for name in NAMES:
        options = ("--order", "1", "--csv", "--", name)
        done = said("ngram-stats", *options)
        assert (done.code, done.out) == (2, b""), name
        assert f"`{in_message(name)}`" in done.err or name == "~x", done.err
        Path(name).write_text("hello hello\n")
        assert said("ngram-stats", *options).text.endswith('1,1,"hello",2,1.0,"word (letters)"\n'), name
        assert visible(name) in said("ngram-stats", "--order", "1", "--", name).text
        Path(name).unlink()
        for refused in (said("train", "-c", name), said("sample", "--", name), said("recipes", "--", name)):
            assert refused.code == 2, name
            assert f"`{in_message(name)}`" in refused.err, refused.err


def test_runs_with_odd_names(said: Charnn, tiny_run: str) -> None:
    """A run may be called anything that a folder may; its name comes back byte for byte."""
    for name in ("\udcff", "a\x1b[2Jb", "a\rb", "日本", "-x", "a b", "'", "[bold]x[red]"):
        Path(tiny_run).rename(Path("runs", name))
        tiny_run = f"runs/{name}"
        assert said("sample", "--length", "3", "--", name).code == 0
        assert said("sample", "--length", "3", "--json", "--", tiny_run).json["run"] == tiny_run
        assert visible(name) in said("runs").text
        assert [Path(row["path"]).name for row in said("runs", "--json").json] == [name]
        copy = f"copy{name}.safetensors"
        assert (
            said("export", "--format", "torch", "--out", copy, "--", name).out
            == copy.encode(errors="surrogateescape") + b"\n"
        )

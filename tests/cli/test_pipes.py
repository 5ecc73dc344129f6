"""Where output goes: into a closed pipe, quietly; onto a terminal, without what would move its cursor."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charnn.runs.run import Run
from tests.cli.conftest import Charnn

CHARNN = f"{sys.executable} -m charnn"
HELP = ["-h", "--version", "train --help", "bench -h", "bench train -h", "--show-completion bash"]
OUTPUT = ["recipes", "recipes hello", "ngram-stats t.txt", "ngram-stats t.txt --csv", "ngram-stats t.txt --json"]


def bash(command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)


def on_a_terminal(*arguments: str) -> bytes:
    """What a command writes to a terminal of 80 columns; its line ends are those of the command."""
    code = f"import sys; sys.argv = {['charnn', *arguments]!r}\nfrom charnn.cli import main; main()"
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "LINES": "50", "TERM": "xterm", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(["bash", "-c", 'stty -onlcr; exec "$@"', "-", sys.executable, "-c", code], stdin=theirs,
                          stdout=theirs, stderr=subprocess.PIPE, env=environment) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 65536):
                shown += block
        except OSError:  # so Linux says that the other end is closed
            pass
        assert process.stderr is not None
        assert process.stderr.read() == b""
    os.close(ours)
    assert process.returncode == 0
    return shown


@pytest.mark.parametrize(
    ("reader", "commands"),
    [("true", [*HELP, *OUTPUT]), ("head -c 1 > /dev/null", ["-h", "recipes", "ngram-stats t.txt"])],
)
def test_a_closed_pipe_ends_every_command_quietly(reader: str, commands: list[str]) -> None:
    Path("t.txt").write_text("hello hello hello\n" * 20)
    done = bash("\n".join(f"{CHARNN} {words} | {reader}; echo ${{PIPESTATUS[0]}}" for words in commands))
    assert (done.stdout.split(), done.stderr) == (["0"] * len(commands), "")


def test_a_full_disk_is_told_and_not_silent() -> None:
    done = bash(f"{CHARNN} --version > /dev/full; echo $?; {CHARNN} recipes > /dev/full; echo $?")
    assert done.stdout.split() == ["1", "1"]
    assert done.stderr == "error: the system: No space left on device\n" * 2


def test_a_mistake_keeps_its_exit_code_where_nobody_reads_the_message() -> None:
    done = bash(f"{{ {CHARNN} trian; echo $? > code; }} 2>&1 | true; cat code")
    assert done.stdout == "2\n"


def test_a_table_fits_into_the_terminal_with_whole_numbers(tiny_run: str) -> None:
    for number in (7, 1234):
        shutil.copytree(tiny_run, f"runs/a-name-that-is-far-too-long-for-a-narrow-terminal-{number}")
    lines = on_a_terminal("runs").decode().split("\n")
    assert max(map(len, lines)) <= 80
    for end in ("-7", "-1234"):
        (row,) = (line.split() for line in lines if line.startswith(" a") and line.split()[0].endswith(end))
        assert {"finished", "60", "60.00", "0:00:00"} <= {*row}


def test_what_a_stranger_wrote_does_not_act_on_the_terminal() -> None:
    """Names, n-grams, JSON and CSV; piped, the bytes are what they were."""
    text = b"one\rtwo\r\x1b[2Jthree \x9b1m\xc2\x9b1m \x7f\rone\rtwo"
    name = "t\x1b[2J\r.txt"
    Path(name).write_bytes(text)
    options = ("--level", "character", "--order", "1", "--top", "40", "--encoding", "latin-1")
    for form in ([], ["--csv"], ["--json"]):
        shown = on_a_terminal("ngram-stats", name, *options, *form).decode()
        assert not {"\x1b", "\r", "\x7f", "\x9b"} & {*shown}, form
    piped = bash(f"{CHARNN} ngram-stats $'t\\x1b[2J\\r.txt' {' '.join(options)} --csv").stdout
    assert '"\x1b"' in piped


def test_a_sample_on_a_terminal_has_lines_of_its_own(charnn: Charnn) -> None:
    """Of a text whose lines end in carriage returns alone; piped, they stay."""
    Path("mac.txt").write_bytes("سلام\rab\x1b\r".encode() * 40)
    train = ("train", "-c", "hello", "-q", "-s", "corpus={source: mac.txt, unit: byte, split: [1.0]}")
    assert charnn(*train, "-s", "train.steps=200", "-s", "bptt={strategy: truncated, tau: 32}").code == 0
    piped = charnn("sample", "--length", "60", "--temperature", "0", "--prime", "ab").out
    assert b"\r" in piped
    assert b"\x1b" in piped
    shown = on_a_terminal("sample", "--length", "60", "--temperature", "0", "--prime", "ab")
    assert not {*b"\r\x1b"} & {*shown}
    whole = piped.decode(errors="backslashreplace").replace("\r\n", "\n").replace("\r", "\n").replace("\x1b", "\\x1b")
    assert shown.decode() == whole
    markov = ("ngram-stats", "mac.txt", "--model", "add-k", "--level", "byte", "--sample", "40", "--order", "4")
    assert not {*b"\r\x1b"} & {*on_a_terminal(*markov)}


def test_samples_while_it_trains_have_lines_of_their_own(charnn: Charnn) -> None:
    Path("mac.txt").write_bytes(b"ab\rcd\r" * 40)
    settings = (
        *("-s", "corpus={source: mac.txt, split: [1.0]}", "-s", "bptt={strategy: truncated, tau: 32}"),
        *("-s", "train={steps: 2, lanes: 1, sample_at: [0], sample_length: 40}"),
    )
    done = charnn("train", "-c", "hello", *settings)
    _, sample, *_ = done.err.split("---")
    row = Run(Path("runs/latest").resolve()).rows("samples.jsonl")[0]
    assert "\r" in row["text"]
    assert row["text"].replace("\r", "\n") in sample

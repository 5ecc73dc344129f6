"""A run that is being written: nothing else writes, replaces or moves it, and everybody may read it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from charnn.runs.run import Run
from tests.cli.conftest import Charnn
from tests.cli.test_resume import TEXT, TRAIN, begun_to_save, environment, options

LIVE = Path("runs/live")
LONG = options("rnn", "truncated", "train.steps=1000000", "train.checkpoint_every=20")


@pytest.fixture
def live() -> Iterator[subprocess.Popen[str]]:
    """A training that goes on until it is stopped."""
    Path("text.txt").write_text(TEXT)
    command = [*TRAIN, *LONG, "--out", str(LIVE)]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        begun_to_save(process, LIVE)
        yield process
    finally:
        process.kill()
        process.wait()
        process.communicate()


def test_nothing_else_writes_a_run_that_is_being_written(charnn: Charnn, live: subprocess.Popen[str]) -> None:
    charnn("train", "-c", "hello", "-s", "train.steps=2", "--out", "other", "--quiet")
    charnn("export", "other", "--out", "other.onnx")
    inode = LIVE.stat().st_ino
    for command in (
        ["train", *LONG, "--out", LIVE, "--force"],
        ["train", "--resume", LIVE],
        ["train", "--resume", LIVE, "--from", "20"],
        ["import", "other.onnx", "--out", LIVE, "--force"],
    ):
        done = charnn(*command)
        assert (done.code, done.out) == (2, b""), command
        assert "runs/live is being written by " in done.err
    assert LIVE.stat().st_ino == inode
    assert live.poll() is None
    live.send_signal(signal.SIGTERM)
    assert live.wait() == 143
    assert charnn("sample", LIVE, "--length", "5").code == 0
    assert charnn("train", "-c", "hello", "-s", "train.steps=2", "--out", LIVE, "--force", "--quiet").code == 0
    assert Run(LIVE).config().corpus.source is None, "hello has a text of its own"


def test_a_run_that_is_being_written_is_read(charnn: Charnn, live: subprocess.Popen[str]) -> None:
    for command in (
        ["sample", LIVE, "--length", "5"],
        ["evaluate", LIVE],
        ["plot", LIVE],
        ["report", LIVE],
        ["export", LIVE, "--out", "live.onnx"],
    ):
        done = charnn(*command)
        assert done.code == 0, (command, done.err)
    assert "</html>" in (LIVE / "report.html").read_text()
    assert "running" in charnn("runs").text
    assert Run(LIVE).is_locked()
    assert live.poll() is None

"""What asks a training to stop, and what does not stop it: signals, and a standard error that is gone or full."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from charnn.runs.run import Run
from tests.cli.test_resume import TEXT, TRAIN, begun_to_save, environment, left_by, options

SETTINGS = options("rnn", "truncated")
LONG = options("rnn", "truncated", "train.steps=1000000")


@pytest.fixture(autouse=True)
def text() -> None:
    Path("text.txt").write_text(TEXT)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_saves_everything_and_has_its_own_exit_code(number: signal.Signals, code: int) -> None:
    command = [*TRAIN, *LONG, "--out", "run"]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        begun_to_save(process, Path("run"))
        process.send_signal(number)
        out, said = process.communicate()
    assert (process.returncode, out) == (code, ""), said
    assert "Traceback" not in said
    assert "everything is saved in run: `charnn train --resume run` goes on" in said
    saved = Run(Path("run")).checkpoint().document["step"]
    assert f"stopped after step {saved}" in said


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(number: signal.Signals) -> None:
    """As `nohup` has it, and a shell that starts a command in the background."""

    def ignore() -> None:
        signal.signal(number, signal.SIG_IGN)

    command = [*TRAIN, *LONG, "--out", "run"]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True, preexec_fn=ignore) as process:
        begun_to_save(process, Path("run"))
        process.send_signal(number)
        before = len(Run(Path("run")).rows("metrics.jsonl"))
        while len(Run(Path("run")).rows("metrics.jsonl")) < before + 5:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert process.returncode == 143


def test_a_terminal_that_is_gone_ends_a_training_with_everything_saved() -> None:
    """The connection drops: SIGHUP comes, and writing to the terminal fails."""
    main, terminal = pty.openpty()
    command = [*TRAIN, *LONG, "--out", "run"]
    process = subprocess.Popen(
        command, env=environment(), stdin=terminal, stderr=terminal, stdout=subprocess.DEVNULL, start_new_session=True
    )
    os.close(terminal)
    begun_to_save(process, Path("run"))
    os.close(main)
    process.send_signal(signal.SIGHUP)
    assert process.wait() == 129
    assert Run(Path("run")).checkpoint().document["step"] > 0


@pytest.mark.parametrize("standard_error", ["2>/dev/full", "2>&-", "2> >(true)"])
def test_a_standard_error_that_takes_nothing_stops_no_training(standard_error: str) -> None:
    for run, redirection in (("whole", "2>log"), ("deaf", standard_error)):
        words = " ".join(f"'{word}'" for word in [*TRAIN, *SETTINGS, "--out", run])
        done = subprocess.run(
            ["bash", "-c", f"{words} {redirection}"], env=environment(), capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, f"{run}\n".encode())
    assert left_by("deaf") == left_by("whole")


def test_an_error_has_its_exit_code_where_it_cannot_be_told() -> None:
    command = f"{TRAIN[0]} -m charnn train -c nowhere 2>/dev/full"
    assert subprocess.run(["bash", "-c", command], env=environment(), check=False).returncode == 2

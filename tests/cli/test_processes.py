"""Data-parallel trainings under `torchrun`: real processes that share the lanes of one training."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from charnn import cli
from charnn.runs.run import Run
from charnn.tasks._examples import examples_of_run

TEXT = "she sells sea shells by the sea shore, and the shells she sells are sea shells, i am sure. " * 30
ONE = [sys.executable, "-m", "charnn", "train"]


def torchrun(processes: int) -> list[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [*launcher, "-m", "charnn", "train"]


def train(command: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)


def losses(run: str) -> list[tuple[int, float, float, float]]:
    rows = Run(Path(run)).rows("metrics.jsonl")
    return [(row["step"], row["loss"], row["gradient_norm"], row.get("validation_loss", 0.0)) for row in rows]


@pytest.fixture
def config() -> str:
    Path("text.txt").write_text(TEXT)
    Path("c.yaml").write_text(
        "corpus: {source: text.txt, split: [0.9, 0.1]}\n"
        "model: {cell: gru, hidden: 12, layers: 2, dropout: 0.2, output_dropout: 0.1, recurrent_dropout: 0.2}\n"
        "bptt: {strategy: randomized, pi: 0.9, max_window: 16}\n"
        "train: {lanes: 5, steps: 40, report_every: 4, validate_every: 20, checkpoint_every: 10, sample_every: 20,\n"
        "  average: exponential}\n"
    )
    return "c.yaml"


def test_two_processes_follow_the_losses_of_one_and_resume_as_one(config: str) -> None:
    """Five lanes: one rank has two of them and the other three."""
    whole = train(ONE, "-c", config, "--out", "whole", "--quiet")
    half = train(torchrun(2), "-c", config, "--out", "shared", "-s", "train.steps=20")
    assert (whole.returncode, half.returncode) == (0, 0), whole.stderr + half.stderr
    assert half.stdout == "shared\n"
    assert half.stderr.count("→ shared") == 1
    more = train(torchrun(2), "--resume", "shared", "-s", "train.steps=30")
    assert more.returncode == 0, more.stderr
    rest = train(ONE, "--resume", "shared", "-s", "train.steps=40", "--quiet")
    assert rest.returncode == 0, rest.stderr
    found, expected = dict_of(losses("shared")), dict_of(losses("whole"))
    assert found.keys() >= expected.keys()
    for step, numbers in expected.items():
        assert found[step] == pytest.approx(numbers, rel=1e-5)
    assert (Path("shared") / "samples.jsonl").read_text() == (Path("whole") / "samples.jsonl").read_text()


WORDS = ("cat", "dog", "act", "god", "coat", "toad", "data", "do", "goat", "ad", "tag", "cod", "gat", "dot", "taco")
COLUMNS = {
    "classification": "input: word, target: kind",
    "conditional-generation": "input: kind, target: word",
    "sequence-to-sequence": "input: word, target: kind",
}


@pytest.mark.parametrize("task", COLUMNS)
def test_two_processes_share_the_rows_of_a_table(task: str) -> None:
    """A last batch of one row leaves one of them without any."""
    rows = "".join(f"{word}\t{'with a' if 'a' in word else 'without'}\n" for word in WORDS)
    Path("rows.tsv").write_text(f"word\tkind\n{rows}")
    settings = [
        f"corpus={{source: rows.tsv, {COLUMNS[task]}, split: [0.85, 0.15]}}", f"task.name={task}",
        "model={cell: lstm, hidden: 6, layers: 2, dropout: 0.3}",
        "train={lanes: 4, steps: 30, report_every: 5, dtype: float64}",
    ]  # fmt: skip
    arguments = ["-c", "hello", *(word for setting in settings for word in ("-s", setting)), "--quiet"]
    for command, out in ((ONE, "whole"), (torchrun(2), "shared")):
        done = train(command, *arguments, "--out", out)
        assert done.returncode == 0, done.stderr
    read, _ = examples_of_run(Run(Path("whole")))
    assert len(read.examples.parts["train"]) % 4 == 1
    for found, expected in zip(losses("shared"), losses("whole"), strict=True):
        assert found == pytest.approx(expected, rel=1e-10)


def dict_of(rows: list[tuple[int, float, float, float]]) -> dict[int, Any]:
    # A training that ended within an interval reports there and after the rest of it: compare the other rows.
    return {step: numbers for step, *numbers in rows if step not in (20, 30, 32)}


@contextmanager
def endless_training(config: str) -> Iterator[subprocess.Popen[str]]:
    """Two processes that train without end, into `run`; both have begun."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [*torchrun(2), "-c", config, "--out", "run", "-s", "train.steps=1000000"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as launcher:
        while not (Path("run") / "checkpoints" / "20.safetensors").exists():
            assert launcher.poll() is None
            time.sleep(0.05)
        yield launcher


def test_a_process_that_is_killed_ends_the_others_with_one_message(config: str) -> None:
    with endless_training(config) as launcher:
        try:
            ranks = [number for number, command in children(launcher.pid) if "-m charnn" in command]
            assert len(ranks) == 2
            os.kill(ranks[1], signal.SIGKILL)
            begin = time.monotonic()
            _, complaint = launcher.communicate(timeout=60)
        finally:
            launcher.kill()
    assert time.monotonic() - begin < 60
    assert launcher.returncode != 0
    assert complaint.count("error: another process of this training has ended") <= 1
    assert "defect" not in complaint
    saved = Run(Path("run")).checkpoint().document["step"]
    assert saved >= 20
    done = train(ONE, "--resume", "run", "-s", f"train.steps={saved + 1}", "--quiet")
    assert done.returncode == 0, done.stderr


def test_several_processes_that_are_stopped_say_so_once(config: str) -> None:
    with endless_training(config) as launcher:
        launcher.terminate()
        _, said = launcher.communicate(timeout=60)
    assert said.count("error: stopped after step") == 1


def children(parent: int) -> list[tuple[int, str]]:
    """The processes that a process has started, and their commands."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(status[1]) == parent:
            found.append((int(folder.name), command))
    return sorted(found)


def test_a_mistake_is_told_once(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the first process meets it last: the launcher ends all as soon as one has ended."""
    Path("late").mkdir()
    Path("late/sitecustomize.py").write_text("import os, time\nif os.environ.get('RANK') == '0':\n    time.sleep(1)\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["late", os.environ.get("PYTHONPATH", "")]))
    done = train(torchrun(2), "-c", config, "--out", "run", "-s", "train.lanes=none")
    assert done.returncode != 0
    assert done.stderr.count("error: ") == 1
    assert "train.lanes: must be a number" in done.stderr
    assert not Path("run").exists()


def test_a_mistake_that_they_meet_together_is_told_once(config: str) -> None:
    done = train(torchrun(2), "-c", config, "--out", "run", "-s", "train.lanes=1")
    assert done.returncode != 0
    assert done.stderr.count("error: 2 processes need at least as many lanes, and `train.lanes` is 1") == 1
    assert not Path("run").exists()


def test_a_mistake_of_one_process_alone_is_told(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["charnn", "train", "-c", "missing.yaml"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capfd.readouterr().err.startswith("error: no configuration `missing.yaml`")

"""`charnn compare`: real processes, killed and gone on with; failing, diverging and missing trainings."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from charnn.experiments.specification import read_experiment
from charnn.experiments.trial import Trial
from charnn.runs.run import Run
from tests.cli.conftest import Charnn

COMPARE = [sys.executable, "-m", "charnn", "compare"]
BASE = """
corpus: {source: text.txt}
model: {cell: rnn, hidden: 12}
bptt: {strategy: truncated, tau: 10}
train: {lanes: 4, steps: 3000, validate_every: 100, checkpoint_every: 50, report_every: 50}
"""
SPEC = "base: base.yaml\ngrid: {model.cell: [rnn, gru]}\nseeds: 2\n"


@pytest.fixture(autouse=True)
def files() -> None:
    Path("text.txt").write_text("the sea shells she sells are sea shells, i am sure. " * 60)
    Path("base.yaml").write_text(BASE)
    Path("spec.yaml").write_text(SPEC)


def compared(*options: str, folder: str = "out") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMPARE, "spec.yaml", "--out", folder, *options], capture_output=True, text=True)


def table(folder: str = "out") -> Any:
    done = compared("--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without_time(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: without_time(value) for key, value in document.items() if key not in ("seconds", "run")}
    return [without_time(one) for one in document] if isinstance(document, list) else document


def trials(folder: str = "out") -> list[Trial]:
    return read_experiment(Path("spec.yaml")).trials(Path(folder))


def weights(folder: str) -> dict[str, bytes]:
    return {trial.folder.name: (trial.folder / "last.safetensors").read_bytes() for trial in trials(folder)}


def has_begun(process: subprocess.Popen[Any], folder: str, before: int = 0) -> int:
    """Wait until more steps are saved than before, or all is done; how many."""
    for _ in range(600):
        saved = [int(path.stem) for path in Path(folder).glob("*/checkpoints/*.safetensors") if path.stem.isdecimal()]
        if sum(saved) > before or process.poll() is not None:
            return sum(saved)
        time.sleep(0.1)
    raise AssertionError("nothing was saved")


def workers_of(folder: str) -> list[Trial]:
    return [trial for trial in trials(folder) if trial.run.is_locked()]


def wait_for_workers(folder: str) -> None:
    for _ in range(300):
        if not workers_of(folder):
            return
        time.sleep(0.1)
    raise AssertionError("workers went on without the process that started them")


def test_killed_five_times_and_gone_on_gives_the_same_table_and_weights() -> None:
    expected = table("whole")
    begun, killed = 0, 0
    for kill in range(5):
        with subprocess.Popen([*COMPARE, "spec.yaml", "--out", "out"], stderr=subprocess.DEVNULL) as process:
            if kill:  # the first one dies at once
                begun = has_begun(process, "out", begun)
            killed += process.poll() is None
            process.kill()
        wait_for_workers("out")
    assert killed > 2
    assert without_time(table("out")) == without_time(expected)
    assert weights("out") == weights("whole")


def test_workers_end_with_a_command_that_is_killed() -> None:
    Path("base.yaml").write_text(BASE.replace("steps: 3000", "steps: 100000000"))
    with subprocess.Popen([*COMPARE, "spec.yaml", "--out", "out"], stderr=subprocess.DEVNULL) as process:
        has_begun(process, "out")
        process.kill()
    wait_for_workers("out")


def test_ctrl_c_before_a_worker_has_begun_is_no_defect() -> None:
    command = [*COMPARE, "spec.yaml", "--out", "out"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while not Path("out").exists():  # it is made for the log of the first worker
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (130, False), said
    assert "the same command goes on" in said


def test_ctrl_c_ends_all_workers_and_the_same_command_goes_on() -> None:
    with subprocess.Popen(
        [*COMPARE, "spec.yaml", "--out", "out"], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        has_begun(process, "out")
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert not workers_of("out")
    assert {trial.state for trial in trials()} <= {"finished", "interrupted", "missing"}
    assert all(row["n"] == 2 for row in table()["rows"])


def test_what_is_done_is_not_done_again_and_latest_stays(charnn: Charnn) -> None:
    first = charnn("train", "-c", "hello", "-s", "train.steps=5", "--quiet").text.strip()
    table()
    before = weights("out")
    stamps = [(trial.folder / "last.safetensors").stat().st_mtime_ns for trial in trials()]
    again = compared()
    assert "4 of 4 trainings are done already" in again.stderr
    assert weights("out") == before
    assert [(trial.folder / "last.safetensors").stat().st_mtime_ns for trial in trials()] == stamps
    assert Path("runs/latest").resolve() == Path(first).resolve()


def test_diverged_and_failed_trainings_are_rows_and_no_ends() -> None:
    Path("spec.yaml").write_text(
        "base: base.yaml\nset: {train.steps: 60, model.cell: linear, clip.by: none, optimizer.name: sgd}\n"
        "grid: {optimizer.learning_rate: [0.001, 1000.0]}\nseeds: 1\n"
    )
    (good, diverged) = table()["rows"]
    assert (good["n"], good["states"]) == (1, "")
    assert (diverged["n"], diverged["states"], diverged["mean"]) == (0, "1 diverged", None)

    Path("text.txt").write_text("too short")
    done = compared("--json", folder="short")
    assert done.returncode == 0, done.stderr
    assert [row["states"] for row in json.loads(done.stdout)["rows"]] == ["1 failed", "1 failed"]
    assert "too short" in done.stderr


def test_the_list_trains_each_alone_and_the_command_then_makes_the_table() -> None:
    lines = compared("--list").stdout.splitlines()
    assert len(lines) == 4
    for line in lines:
        done = subprocess.run([sys.executable, "-m", *line.split()], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
    assert compared("--list").stdout == ""
    done = compared("--table", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["model.cell"] for row in rows] == ["rnn", "gru"]
    assert [row["n"] for row in rows] == ["2", "2"]


def test_runs_that_exist_make_the_same_table(charnn: Charnn) -> None:
    rows = table()["rows"]
    done = charnn("compare", *(trial.folder for trial in trials()), "--json")
    assert done.code == 0, done.err
    for row, same in zip(rows, done.json["rows"], strict=True):
        assert (row["mean"], row["standard_error"], row["n"]) == (same["mean"], same["standard_error"], same["n"])


def test_a_picture_of_curves_and_one_over_a_key(charnn: Charnn) -> None:
    Path("spec.yaml").write_text("base: base.yaml\nset: {train.steps: 100}\ngrid: {model.hidden: [4, 8]}\nseeds: 2\n")
    table()
    for over in ("step", "model.hidden"):
        done = charnn("compare", "spec.yaml", "--out", "out", "--plot", f"{over}.svg", "--over", over)
        assert done.code == 0, done.err
        assert Path(f"{over}.svg").read_text().count("<path") > 4
    done = charnn("compare", "spec.yaml", "--out", "out", "--plot", "x.svg", "--over", "model.hiden")
    assert done.code == 2
    assert "did you mean `model.hidden`" in done.err


def test_a_search_ends_what_is_behind_and_goes_on_where_it_was() -> None:
    Path("spec.yaml").write_text(
        "base: base.yaml\nset: {train.steps: 90, train.validate_every: 1000}\n"
        "search: {optimizer.learning_rate: {low: 1.0e-4, high: 0.1, scale: log}, model.cell: [rnn, gru]}\n"
    )
    done = compared("--search", "6", "--json")
    assert done.returncode == 0, done.stderr
    tried = json.loads(done.stdout)
    assert sorted(round(one["share"], 3) for one in tried) == [0.111] * 4 + [0.333, 1.0]
    steps = {one["run"]: Run(Path(one["run"])).rows("metrics.jsonl")[-1]["step"] for one in tried}
    assert [steps[one["run"]] for one in tried] == [
        {1.0: 90}.get(one["share"], round(90 * one["share"])) for one in tried
    ]
    assert json.loads(compared("--search", "6", "--json").stdout) == tried


def test_a_search_keeps_what_has_lost_its_patience_and_prints_a_command_that_trains_it(charnn: Charnn) -> None:
    Path("sub").mkdir()
    Path("sub/base.yaml").write_text(BASE.replace("validate_every: 100", "validate_every: 2, patience: 1"))
    Path("text.txt").rename("sub/t.txt")
    Path("sub/spec.yaml").write_text(
        "base: base.yaml\nset: {corpus.source: t.txt, model.embedding: null}\n"
        "search: {optimizer.learning_rate: {low: 1, high: 2, scale: log}}\nseeds: [7]\n"
    )
    done = charnn("compare", "sub/spec.yaml", "--search", "3", "--out", "out")
    assert done.code == 0, done.err
    *_, best, _, _, command = done.text.splitlines()
    assert best.split()[1] == "100%"
    assert float(best.split()[2]) > 0
    again = charnn(*shlex.split(command)[1:], "--out", "again")
    assert again.code == 0, again.err
    (winner,) = [run for run in Path("out").iterdir() if read_last(run) == read_last(Path("again"))]
    assert Run(winner).config().train.seed == 7


def read_last(run: Path) -> bytes:
    return (run / "last.safetensors").read_bytes() if run.is_dir() else b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.yaml"], "nothing.yaml"),
        (["nothing"], "no run `nothing`"),
        (["spec.yaml", "--search", "5"], "has no `search`"),
        (["spec.yaml", "--csv", "--json"], "choose one"),
        (["spec.yaml", "--only", "cell-rnn"], "has no training `cell-rnn`"),
        (["spec.yaml", "base.yaml"], "one specification"),
        (["spec.yaml", "--plot", "x.pdf"], "a picture ends in"),
        (["run", "--jobs", "3"], "take none of its options"),
    ],
)
def test_bad_input_is_one_message(charnn: Charnn, arguments: list[str], said: str) -> None:
    done = charnn("compare", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert said in done.err
    assert not Path("runs").exists()

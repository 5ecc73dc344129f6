"""`charnn runs`: what each run is, and how it stands with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from charnn.runs.run import Run
from tests.cli.conftest import Charnn

TEXT = "she sells sea shells by the sea shore. " * 20


def test_runs_are_listed_with_their_states(charnn: Charnn) -> None:
    Path("text.txt").write_text(TEXT)
    train = (
        "train",
        "-c",
        "hello",
        "-s",
        "corpus={source: text.txt}",
        "-s",
        "train={steps: 8}",
        "-s",
        "bptt={strategy: truncated, tau: 8}",
    )
    assert charnn(*train, "--out", "runs/done").code == 0
    assert charnn(*train, "--out", "runs/part").code == 0
    rows = Path("runs/part/metrics.jsonl")
    rows.write_text(rows.read_text().replace(', "finished": true', ""))
    assert charnn(*train, "--out", "runs/burst", "-s", "optimizer={name: sgd, learning_rate: 1e38}",
                  "-s", "model.cell=linear", "-s", "clip={by: none}").code == 1  # fmt: skip
    assert charnn(*train, "--out", "runs/bad").code == 0
    Path("runs/bad/config.yaml").write_text("model: [")
    Path("runs/other").mkdir()
    with Run(Path("runs/part")).locked():
        states = {Path(row["path"]).name: row["state"] for row in charnn("runs", "--json").json}
    assert states == {"done": "finished", "part": "running", "burst": "diverged", "bad": "damaged"}
    found = {Path(row["path"]).name: row for row in charnn("runs", "--json").json}
    assert found["part"]["state"] == "interrupted"
    last = Run(Path("runs/done")).rows("metrics.jsonl")[-1]
    assert found["done"]["step"] == 8
    assert found["done"]["best_bpc"] == pytest.approx(last["validation_bpc"])
    table = charnn("runs").text
    for word in ("finished", "interrupted", "diverged", "damaged", "text.txt"):
        assert word in table


def test_a_folder_that_is_not_there(charnn: Charnn) -> None:
    done = charnn("runs", "nowhere")
    assert (done.code, done.out) == (2, b"")
    assert "there is no folder nowhere" in done.err


@pytest.mark.usefixtures("tiny_run")
def test_runs_are_listed_without_torch() -> None:
    listed = [sys.executable, "-X", "importtime", "-m", "charnn", "runs"]
    done = subprocess.run(listed, capture_output=True, text=True, check=True)
    assert "hello-1" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "charnn.runs.overview" in imported
    assert "torch" not in imported

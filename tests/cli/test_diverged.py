"""A network whose numbers are not finite: nothing is made of it in silence, and its report says why."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from charnn.storage.tensor_file import read_tensors, write_tensors
from tests.cli.conftest import Charnn


def broken(run: str, name: str, value: float, parameter: str = "b_q", place: int = 0) -> Path:
    """One number of a run's weights is another."""
    path = Path(run, f"{name}.safetensors")
    file = read_tensors(path)
    file.tensors[parameter][place] = value
    write_tensors(path, file.tensors, file.document)
    return path


@pytest.fixture
def run(charnn: Charnn) -> str:
    """A run that has best and last weights."""
    settings = [
        "corpus={text: 'she sells sea shells by the sea shore', split: [0.7, 0.3]}",
        "train={steps: 9, lanes: 2}",
    ]
    done = charnn(
        "train",
        "-c",
        "hello",
        "-q",
        "-s",
        "bptt={strategy: truncated, tau: 5}",
        *(part for one in settings for part in ("-s", one)),
    )
    assert done.code == 0, done.err
    return done.text.strip()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nothing_is_made_of_weights_that_are_not_finite(charnn: Charnn, run: str, value: float) -> None:
    exported = charnn("export", run, "--format", "torch", "--out", "sound.safetensors")
    assert exported.code == 0
    weights = broken(run, "best", value)
    Path("text.txt").write_text("sea shells")
    for command in (
        ["sample", run],
        ["evaluate", run],
        ["evaluate", run, "--text", "text.txt"],
        ["export", run, "--format", "torch", "--out", "x.safetensors"],
        ["inspect", "units", run, "--unit", "1"],
        ["inspect", "gradients", run],
        ["inspect", "windows", run],
        ["train", "-c", f"{run}/config.yaml", "--init", run, "--out", "new"],
    ):
        done = charnn(*command)
        assert (done.code, done.out) == (1, b""), command
        assert f"{weights} has diverged: `b_q` holds numbers that are not finite" in done.err, command
    assert not Path("x.safetensors").exists()
    assert not Path("new").exists()
    assert "--weights last may be sound" in charnn("sample", run).err
    assert charnn("sample", run, "--weights", "last", "--length", 5).code == 0
    reported = charnn("report", run)
    assert reported.code == 0
    page = Path(run, "report.html").read_text()
    assert "How it learned" in page
    assert "has diverged" in page


def test_an_import_that_is_not_finite_makes_no_run(charnn: Charnn, run: str) -> None:
    assert charnn("export", run, "--format", "torch", "--out", "net.safetensors").code == 0
    file = read_tensors(Path("net.safetensors"))
    next(iter(file.tensors.values())).view(-1)[0] = math.nan
    write_tensors(Path("net.safetensors"), file.tensors, file.document)
    done = charnn("import", "net.safetensors", "--out", "imported")
    assert done.code in (1, 2)
    assert not Path("imported").exists()


def test_weights_that_are_finite_and_their_output_is_not(charnn: Charnn, run: str) -> None:
    """3e38 plus 3e38 is more than float32 holds."""
    broken(run, "best", 3e38)
    for row in range(16):
        broken(run, "best", 3e38, "W_q", row)
    done = charnn("sample", run, "--length", "50")
    assert done.code == 1
    assert "is no longer a finite number" in done.err


def test_a_loss_beyond_all_numbers_has_no_perplexity(charnn: Charnn, run: str) -> None:
    """One symbol is certain to 1e30 nats, and others come."""
    broken(run, "best", 1e30)
    done = charnn("evaluate", run, "--json")
    assert done.code == 0, done.err
    assert done.json["perplexity"] is None
    assert done.json["nats"] > 1e29
    text = charnn("evaluate", run, "--baseline").text
    assert "perplexity ∞" in text.splitlines()[0]
    assert max(map(len, text.split())) < 20

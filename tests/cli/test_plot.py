"""`charnn plot`: curves as text, as numbers and as a picture."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from charnn.runs.run import Run
from tests.cli.conftest import Charnn


def test_the_newest_run_is_shown_as_text(charnn: Charnn, tiny_run: str) -> None:
    done = charnn("plot")
    assert (done.code, done.err) == (0, "")
    rows = Run(Path(tiny_run)).rows("metrics.jsonl")
    (loss,) = [line for line in done.text.splitlines() if line.startswith(" loss")]
    assert "█" in loss
    assert f"{rows[0]['loss']:.3g}" in loss
    assert f"{rows[-1]['loss']:.3g}" in loss
    (heading,) = [line for line in done.text.splitlines() if line.startswith(" hello-1 ")]
    assert "step 20 to 60" in heading
    assert "hello-1: gradients are clipped at norm 1" in done.text
    assert not {"\x1b", "\r"} & set(done.text)


def test_several_runs_are_labelled_by_what_differs(charnn: Charnn, tiny_run: str) -> None:
    assert charnn("train", "-c", "hello", "-s", "train.steps=60", "-s", "model.cell=gru", "-q").code == 0
    found = charnn("plot", "hello-1", "hello-2", "--over", "characters", "--json").json
    assert [run["label"] for run in found["runs"]] == ["cell rnn", "cell gru"]
    assert [run["differs"] for run in found["runs"]] == [{"model.cell": "rnn"}, {"model.cell": "gru"}]
    written = Run(Path(tiny_run)).rows("metrics.jsonl")
    for row, original in zip(found["runs"][0]["rows"], written, strict=True):
        assert row == {key: original[key] for key in row}
    assert "cell gru" in charnn("plot", "hello-1", "hello-2").text


@pytest.mark.parametrize("form", ["png", "svg"])
def test_a_picture_is_written_and_named(charnn: Charnn, tiny_run: str, form: str) -> None:
    done = charnn("plot", "--out", f"a.{form}")
    assert (done.code, done.text) == (0, f"a.{form}\n")
    first = Path(f"a.{form}").read_bytes()
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml"}[form])
    both = charnn("plot", "--out", f"a.{form}", "--json")
    assert both.json["runs"][0]["run"] == tiny_run
    assert Path(f"a.{form}").read_bytes() == first


def test_the_baseline_and_a_divergence_are_noted(charnn: Charnn, tiny_run: str) -> None:
    Path(tiny_run, "baseline.json").write_text('{"model": "mixture", "order": 2, "nats": 1.25}')
    Run(Path(tiny_run)).append("metrics.jsonl", {"step": 61, "event": "diverged", "message": "objective nan"})
    text = charnn("plot", tiny_run).text
    assert "hello-1: the best n-gram model, mixture of order 2: 1.2500 nats" in text
    assert "hello-1: step 61: diverged: objective nan" in text


def test_what_cannot_be_plotted_is_refused(charnn: Charnn, tiny_run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(tiny_run, "metrics.jsonl").unlink()
    for arguments, why in [
        ((tiny_run,), "there is nothing to plot of runs/hello-1"),
        (("nowhere",), "no run `nowhere`"),
        ((tiny_run, "--out", "a.pdf"), "a picture ends in .png or .svg"),
        ((tiny_run, "--out", "nowhere/a.png"), "its folder is missing"),
    ]:
        done = charnn("plot", *arguments)
        assert (done.code, done.out) == (2, b"")
        assert why in done.err
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    assert "pip install 'charnn[plot]'" in charnn("plot", tiny_run, "--out", "a.png").err

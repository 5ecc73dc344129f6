"""`charnn report`: what it says of runs that went well and of those that did not."""

from __future__ import annotations

import json
import sys
from math import log
from pathlib import Path

import pytest
import torch

from charnn.analysis.report.page import report
from charnn.runs.layout import MIXTURE
from charnn.runs.run import Run
from tests.analysis.pages.reader import Reader
from tests.cli.conftest import Charnn

TEXT = 'she said "sea </script><script>alert(1)</script> shells" & (more)\n\n' * 20


@pytest.fixture
def run(charnn: Charnn) -> Run:
    return trained(charnn, "train={steps: 30, lanes: 4, report_every: 5, sample_at: [0, 1, 20]}")


def trained(charnn: Charnn, *settings: str, text: str = TEXT) -> Run:
    Path("text.txt").write_text(text)
    chosen = ["corpus={source: text.txt}", "bptt={strategy: truncated, tau: 16}", "model={cell: lstm, hidden: 5}"]
    done = charnn("train", "-c", "hello", *[part for setting in [*chosen, *settings] for part in ("-s", setting)])
    assert done.code in (0, 1), done.err
    return Run(Path("runs/hello-1"))


def test_everything_is_there(run: Run) -> None:
    markup = report(run, {"charnn": "1.2.3"}, {"model": "mixture", "order": 3, "nats": 0.5})
    read = Reader(markup)
    headings = [tag for tag, _ in read.tags if tag in ("h1", "h2", "h3")]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    for said in ["After 20 steps", "After 1 step", "Before the first step", "30 steps", "lstm 5", "1.2.3"]:
        assert said in read.text
    for sample in run.rows("samples.jsonl"):
        assert sample["prime"] + sample["text"] in read.text
    assert run.config().to_yaml() in read.text
    assert "charnn train --config runs/hello-1/config.yaml" in read.text
    best = min(row["validation_loss"] for row in run.rows("metrics.jsonl") if "validation_loss" in row)
    assert f"{best:.4f}" in read.text
    assert f"The n-gram model needs {(best - 0.5) / log(2):.3f} bits per character" in read.text
    assert len(markup) < 200_000


def test_the_same_run_gives_the_same_page_that_needs_nothing_else(run: Run) -> None:
    markup = report(run, {})
    assert report(run, {}) == markup
    tags = Reader(markup).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object"}
    assert not [attributes for _, attributes in tags if {"src", "href", "style", "onclick"} & attributes.keys()]
    assert "url(" not in markup
    assert "@import" not in markup


def test_the_command_writes_into_the_run_and_names_the_page(charnn: Charnn, run: Run) -> None:
    done = charnn("report")
    assert (done.code, done.err) == (0, "")
    assert done.text.strip() == "runs/hello-1/report.html"
    words = Reader(Path(done.text.strip()).read_text(encoding="utf-8")).text
    assert "The machine that wrote this report" in words
    assert torch.__version__ in words
    # The run is still one that --force may replace.
    again = charnn("train", "-c", "hello", "-s", "train.steps=5", "--out", "runs/hello-1", "--force", "-q")
    assert again.code == 0, again.err


def test_the_baseline_is_computed_on_request(charnn: Charnn, run: Run) -> None:
    assert charnn("report", run.path, "--baseline", "--out", "page.html").text == "page.html\n"
    expected = charnn("evaluate", "--baseline", "--json").json["baseline"]
    words = Reader(Path("page.html").read_text(encoding="utf-8")).text
    assert f"{expected['model']} of order {expected['order']}" in words
    assert f"{expected['bpc']:.4f}" in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "page.txt"], "a page ends in .html"),
        (["--out", "missing/page.html"], "its folder is missing"),
        (["nothing"], "no run `nothing`"),
    ],
)
def test_bad_input_is_refused(charnn: Charnn, run: Run, arguments: list[str], message: str) -> None:
    done = charnn("report", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


def test_it_needs_no_matplotlib(charnn: Charnn, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert charnn("report").code == 0


def test_the_baseline_of_the_run_is_used(run: Run) -> None:
    assert "--baseline" in report(run, {})
    (run.path / "baseline.json").write_text(json.dumps({"model": "mixture", "order": 2, "nats": 9.0}))
    words = Reader(report(run, {})).text
    assert "mixture of order 2" in words
    assert "The network needs" in words


def test_a_perplexity_beyond_all_numbers_is_infinite(run: Run) -> None:
    assert "800.0000" + "1154.1560" + "∞" in Reader(report(run, {}, {"model": "m", "order": 1, "nats": 800.0})).text


def test_a_run_whose_text_is_gone_shows_units_over_what_it_wrote(run: Run) -> None:
    Path("text.txt").unlink()
    assert "its own is not available" in Reader(report(run, {})).text


def test_an_imported_network_is_reported_as_such(charnn: Charnn, run: Run) -> None:
    assert charnn("export", "--format", "torch", "--out", "network.safetensors").code == 0
    imported = charnn("import", "network.safetensors")
    assert imported.code == 0, imported.err
    words = Reader(report(Run(Path(imported.text.strip())), {})).text
    assert "was imported" in words
    assert "charnn train" not in words


def test_what_clipping_did_is_counted(charnn: Charnn) -> None:
    run = trained(charnn, "clip={by: norm, threshold: 1e-9}", "train={steps: 12, lanes: 2, report_every: 5}")
    assert "in 12 of 12 updates" in Reader(report(run, {})).text


def test_a_run_without_clipping_validation_and_samples(charnn: Charnn) -> None:
    run = trained(charnn, "corpus.split=[1.0]", "clip={by: none}", "train={steps: 3, lanes: 2}")
    words = Reader(report(run, {})).text
    for said in ["Nothing was validated", "were not clipped", "Nothing was sampled"]:
        assert said in words


def test_a_training_that_diverged_is_reported_too(charnn: Charnn) -> None:
    run = trained(
        charnn, "model={cell: linear, hidden: 5}", "clip={by: none}", "optimizer={name: sgd, learning_rate: 1e6}",
        "train={steps: 100, lanes: 2, report_every: 1}",
    )  # fmt: skip
    words = Reader(report(run, {})).text
    assert "diverged" in words


def test_a_run_that_ended_before_its_first_report(run: Run) -> None:
    (run.path / "metrics.jsonl").unlink()
    assert "There is nothing to draw" in Reader(report(run, {})).text


ROWS = "".join(f"{'ab'[n % 2] * (1 + n % 5)}\t{['first', 'second'][n % 2]}\n" for n in range(60))
TASKS = {
    "classification": "input: text, target: label",
    "conditional-generation": "input: label, target: text",
    "sequence-to-sequence": "input: text, target: label",
}


def trained_on_rows(charnn: Charnn, task: str) -> Run:
    Path("rows.tsv").write_text(f"text\tlabel\n{ROWS}bbb\tfirst\n")
    settings = [
        f"corpus={{source: rows.tsv, {TASKS[task]}, split: [0.7, 0.3]}}", f"task.name={task}",
        "model={cell: gru, hidden: 6}", "train={steps: 40, lanes: 8, report_every: 10, sample_at: [1, 20]}",
    ]  # fmt: skip
    done = charnn("train", "-c", "hello", *[part for setting in settings for part in ("-s", setting)])
    assert done.code == 0, done.err
    return Run(Path("runs/hello-1"))


@pytest.mark.parametrize("task", TASKS)
def test_a_run_on_a_table_is_told_by_its_own_measures(charnn: Charnn, task: str) -> None:
    run = trained_on_rows(charnn, task)
    read = Reader(report(run, {}))
    reports = [row for row in run.rows("metrics.jsonl") if "validation_loss" in row]
    best = charnn("evaluate", "--json").json
    for name in ("loss", "accuracy", "macro_f1", "exact_match", "symbol_error_rate"):
        if name in best:
            assert name.replace("_", " ") in read.text
            assert any(f"{row[f'validation_{name}']:.4f}" in read.text for row in reports)
    for sample in run.rows("samples.jsonl"):
        assert str(sample["text"]) in read.text
    assert ("How good is that?" in read.text) == (task != "sequence-to-sequence")
    assert ("Which labels it confuses" in read.text) == (task == "classification")
    assert ("What it gets wrong" in read.text) == (task != "conditional-generation")
    if task == "classification":
        mistakes = charnn("evaluate", "--mistakes", 3, "--json").json["mistakes"]
        assert all(mistake["input"] in read.text for mistake in mistakes)
        found = charnn("report", "--baseline", "--out", "page.html")
        assert found.code == 0, found.err
        assert "n-grams (" in Reader(Path("page.html").read_text(encoding="utf-8")).text
        assert "evaluate --mix" not in read.text
        assert charnn("mix").code == 0
        assert "evaluate --mix" in Reader(report(run, {})).text


def test_a_run_whose_table_is_gone_still_has_its_scores(charnn: Charnn) -> None:
    run = trained_on_rows(charnn, "classification")
    Path("rows.tsv").unlink()
    read = Reader(report(run, {}))
    assert "This cannot be shown" in read.text
    assert "macro f1" in read.text


def test_a_mixture_has_its_score_next_to_the_network(charnn: Charnn, run: Run) -> None:
    assert charnn("mix", run.path, "--order", 3).code == 0
    expected = charnn("evaluate", run.path, "--mix", "--json").json["nats"]
    read = Reader(report(run, {}))
    (run.path / MIXTURE).write_bytes((run.path / MIXTURE).read_bytes()[:-9])
    assert MIXTURE in charnn("report", run.path, "--out", "page.html").err
    assert "network and n-grams, mixed" in read.text
    assert f"{expected:.4f}" in read.text

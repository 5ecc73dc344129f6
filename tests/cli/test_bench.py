"""`charnn bench`: that it measures what it says, not how fast anything is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from charnn.benchmarking.memory import peak_memory
from charnn.bptt.engines import ENGINES
from charnn.cells import CELLS
from charnn.kernels.library import SWITCH, library
from tests.cli.conftest import Charnn


def test_train_times_every_cell_and_engine(charnn: Charnn) -> None:
    done = charnn("bench", "train", "--shape", "4,2,3", "--rounds", "2", "--json")
    assert done.code == 0, done.err
    document = done.json
    assert document["machine"]["threads"] == 1
    assert document["machine"]["processor"]
    found = {(row["cell"], row["subject"]) for row in document["rows"]}
    assert {
        (cell, f"charnn {engine}") for cell in CELLS.names() for engine in ENGINES.names() if engine != "graph"
    } <= found
    assert {("lstm", "torch.nn.LSTM"), ("gru", "torch.nn.GRU"), ("rnn", "torch.nn.RNN")} <= found
    for row in document["rows"]:
        assert row["milliseconds"] > 0
        assert row["characters_per_second"] == pytest.approx(6 / row["milliseconds"] * 1000)
        for key in ("ratio_to_autograd", "share_of_peak"):
            low, middle, high = row[key]
            assert 0 < low <= middle <= high
        assert (row["peak_bytes"] is None) == (peak_memory(lambda: None) is None)
    assert document["machine"]["kernels"]


def test_it_says_so_where_there_are_no_kernels(charnn: Charnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "none")
    library.cache_clear()
    try:
        done = charnn("bench", "train", "--shape", "4,2,3", "--rounds", "1", "--cell", "rnn")
    finally:
        library.cache_clear()
    assert done.code == 0, done.err
    assert "no compiled kernels" in done.err


def test_sample_times_one_stream_and_many(charnn: Charnn) -> None:
    done = charnn("bench", "sample", "--network", "2,4", "--length", "5", "--rounds", "2", "--json")
    assert done.code == 0, done.err
    rows = {row["subject"]: row for row in done.json["rows"]}
    assert next(iter(rows)) == "torch.nn.LSTM"
    assert rows["charnn, kernels"]["ratio_to_one_stream"] == [1, 1, 1]
    many = rows["charnn, kernels, 64 streams"]
    assert many["characters_per_second"] == pytest.approx(64 * 5 / many["milliseconds"] * 1000)
    simple = charnn("bench", "sample", "--cell", "simple-gru", "--network", "1,4", "--length", "5", "--rounds", "1")
    assert "charnn, loop over torch" in simple.text
    assert "torch.nn" not in simple.text.replace("to torch.nn", "")
    assert "--network takes layers and hidden units" in charnn("bench", "sample", "--network", "4").err


def test_one_lane_of_the_rnn_meets_the_classic_program(charnn: Charnn) -> None:
    done = charnn("bench", "train", "--shape", "4,1,5", "--cell", "rnn", "--rounds", "1")
    assert done.code == 0, done.err
    for subject in ("torch.nn.RNN", "classic NumPy", "charnn autograd", "charnn manual"):
        assert subject in done.text
    assert "threads" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shape", "4,4"], "--shape takes hidden units, lanes and steps"),
        (["--shape", "4,0,4"], "--shape takes"),
        (["--cell", "lstn"], "unknown cell `lstn`"),
        (["--engine", "warp"], "unknown engine `warp`"),
        (["--rounds", "0"], "rounds"),
    ],
)
def test_bad_options_are_refused(charnn: Charnn, arguments: list[str], message: str) -> None:
    done = charnn("bench", "train", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


def test_corpus_times_encoding_and_opening(charnn: Charnn) -> None:
    Path("text.txt").write_text("the cat sat on the mat\n")
    done = charnn("bench", "corpus", "--text", "text.txt", "--size", "1M", "--rounds", "2", "--json")
    assert done.code == 0, done.err
    assert [row["subject"] for row in done.json["rows"]] == ["encode", "open again"]
    assert all(row["megabytes_per_second"] > 0 for row in done.json["rows"])
    assert "--size takes a size such as 500M or 2G, not `lots`" in charnn("bench", "corpus", "--size", "lots").err
    assert "unknown unit `word`" in charnn("bench", "corpus", "--unit", "word").err


def test_overhead_compares_a_training_with_its_updates(charnn: Charnn) -> None:
    done = charnn("bench", "overhead", "--cell", "rnn", "--steps", "2", "--rounds", "1", "--json")
    assert done.code == 0, done.err
    assert [row["subject"] for row in done.json["rows"]] == ["updates alone", "training"]
    assert not Path("runs").exists(), "nothing points to a run that is gone"


def test_recipe_compares_the_recipe_with_its_numpy_program(charnn: Charnn) -> None:
    done = charnn("bench", "recipe", "--steps", "2", "--rounds", "1", "--json")
    assert done.code == 0, done.err
    assert [row["subject"] for row in done.json["rows"]] == [
        "classic NumPy, float64",
        "charnn train --config min-char-rnn",
    ]
    assert not Path("runs").exists(), "nothing points to a run that is gone"


def test_start_times_commands_with_torch_and_without(charnn: Charnn) -> None:
    done = charnn("bench", "start", "--rounds", "1", "--json")
    assert done.code == 0, done.err
    assert [row["subject"] for row in done.json["rows"]][:2] == ["charnn --help", "charnn sample --length 10"]
    assert all(row["milliseconds"] > 0 for row in done.json["rows"])
    assert not Path("runs").exists()


def test_jax_is_asked_for_by_name(charnn: Charnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    done = charnn("bench", "train", "--cell", "rnn", "--shape", "4,1,2", "--rounds", "1", "--peers", "jax")
    assert (done.code, "JAX is not installed: `pip install jax`" in done.err) == (2, True), done.err


def test_ngrams_times_every_task(charnn: Charnn) -> None:
    Path("text.txt").write_text("the cat sat on the mat\n" * 100)
    done = charnn("bench", "ngrams", "--text", "text.txt", "--rounds", "1", "--json")
    assert done.code == 0, done.err
    assert len({row["task"] for row in done.json["rows"]}) == 4
    assert all(row["peak_bytes"] > 0 for row in done.json["rows"])

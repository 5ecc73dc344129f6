"""`charnn train`: the path from a configuration to a run, and every way to get it wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from charnn.configuration.reading import read_config
from charnn.runs.run import Run
from tests.cli.conftest import Charnn

SMALL = ["-s", "model.hidden=8", "-s", "train.lanes=2", "-s", "bptt.tau=8", "-s", "train.steps=6"]


def files(folder: str = ".") -> set[str]:
    return {str(path.relative_to(folder)) for path in Path(folder).rglob("*")}


def test_hello_is_learned(charnn: Charnn) -> None:
    """After "h", "e", "l", "l" come "e", "l", "l", "o"."""
    assert charnn("train", "--config", "hello").text == "runs/hello-1\n"
    assert charnn("sample", "--prime", "h", "--length", "4", "--temperature", "0").text == "hello\n"
    samples = Run(Path("runs/hello-1")).rows("samples.jsonl")
    assert samples[-1] == {"step": 200, "prime": "h", "text": "ello"}
    assert [row["step"] for row in samples] == [0, 20, 200]


def test_a_run_holds_what_the_contract_says(charnn: Charnn) -> None:
    Path("text.txt").write_text("the quick brown fox jumps over the lazy dog. " * 20)
    Path("my.yaml").write_text("corpus: {source: text.txt}\n")
    done = charnn(
        "train", "-c", "my.yaml", *SMALL, "-s", "train.report_every=2", "-s", "train.validate_every=3", "--json"
    )
    assert done.code == 0, done.err
    run = Run(Path("runs/my-1"))
    assert files("runs/my-1") == {
        "config.yaml", "vocabulary.json", "metrics.jsonl", "checkpoints", "best.safetensors", "last.safetensors",
        ".lock", "checkpoints/3.safetensors", "checkpoints/6.safetensors",
    }  # fmt: skip
    rows = run.rows("metrics.jsonl")
    assert [row["step"] for row in rows] == [2, 3, 4, 6]
    assert ["validation_loss" in row for row in rows] == [False, True, False, True]
    for key in (
        "epoch",
        "characters",
        "loss",
        "bpc",
        "gradient_norm",
        "clipped",
        "learning_rate",
        "characters_per_second",
        "seconds",
    ):
        assert all(key in row for row in rows)
    assert rows[-1]["characters"] == 6 * 2 * 8
    assert done.json["run"] == "runs/my-1"
    assert done.json["validation_loss"] == rows[-1]["validation_loss"]
    config = run.config()
    assert config.corpus.source == str(Path("text.txt").absolute())
    assert config.corpus.sha256
    assert Path("runs/latest").resolve() == Path("runs/my-1").resolve()


def test_a_run_s_config_repeats_the_run_to_the_byte(charnn: Charnn) -> None:
    charnn("train", "-c", "hello", "-s", "train.steps=20")
    charnn("train", "-c", "runs/hello-1/config.yaml", "--out", "again")
    for name in ("last.safetensors", "config.yaml", "samples.jsonl", "vocabulary.json"):
        assert Path("again", name).read_bytes() == Path("runs/hello-1", name).read_bytes(), name


def test_the_next_run_takes_the_next_number(charnn: Charnn) -> None:
    for number in (1, 2):
        assert charnn("train", "-c", "hello", "-s", "train.steps=1").text == f"runs/hello-{number}\n"
    assert str(Path("runs/latest").readlink()) == "hello-2"


def test_standard_input_equals_a_file(charnn: Charnn) -> None:
    text = "a stitch in time saves nine. " * 20
    Path("text.txt").write_text(text)
    assert (
        charnn(
            "train", "-c", "hello", "-s", "corpus.source=text.txt", *SMALL[2:4], "--out", "a", "-s", "train.steps=3"
        ).code
        == 0
    )
    done = charnn(
        "train",
        "-c",
        "hello",
        "-s",
        "corpus.source=-",
        *SMALL[2:4],
        "--out",
        "b",
        "-s",
        "train.steps=3",
        stdin=text.encode(),
    )
    assert done.code == 0, done.err
    assert Path("a/last.safetensors").read_bytes() == Path("b/last.safetensors").read_bytes()
    assert charnn("train", "-c", "b/config.yaml", "--out", "c").code == 0
    assert Path("c/last.safetensors").read_bytes() == Path("b/last.safetensors").read_bytes()


def test_results_go_to_standard_output_and_nothing_else_does(charnn: Charnn) -> None:
    done = charnn("train", "-c", "hello", "-s", "train.steps=3")
    assert done.text == "runs/hello-1\n"
    assert "4 symbols" in done.err
    assert "\r" not in done.err
    assert "\x1b" not in done.err
    quiet = charnn("train", "-c", "hello", "-s", "train.steps=3", "--quiet")
    assert quiet.err == ""


def test_force_replaces_a_run_and_nothing_else(charnn: Charnn) -> None:
    assert charnn("train", "-c", "hello", "-s", "train.steps=1", "--out", "mine").code == 0
    before = Path("mine/last.safetensors").read_bytes()
    refused = charnn("train", "-c", "hello", "--out", "mine")
    assert (refused.code, Path("mine/last.safetensors").read_bytes()) == (2, before)
    assert "mine exists already" in refused.err
    assert charnn("train", "-c", "hello", "-s", "train.steps=2", "--out", "mine", "--force").code == 0
    assert Path("mine/last.safetensors").read_bytes() != before
    Path("precious").mkdir()
    Path("precious/thesis.txt").write_text("years of work")
    refused = charnn("train", "-c", "hello", "--out", "precious", "--force")
    assert refused.code == 2
    assert Path("precious/thesis.txt").read_text() == "years of work"


def test_a_training_can_start_from_weights(charnn: Charnn) -> None:
    charnn("train", "-c", "hello", "-s", "train.steps=2", "--out", "first")
    one = charnn("train", "-c", "hello", "-s", "train.steps=1", "--out", "second", "--init", "first/last.safetensors")
    assert one.code == 0, one.err
    # Adam's first step moves every weight by about the learning rate, whatever the gradient.
    before, after = load_file("first/last.safetensors"), load_file("second/last.safetensors")
    assert 0 < abs(after["W_q"] - before["W_q"]).max() < 0.021
    tensors = load_file("first/last.safetensors")
    del tensors["b_q"]
    tensors["cells.0.W_h"] = tensors["cells.0.W_h"][:, :-1].copy()
    tensors["extra"] = tensors["W_q"]
    save_file(tensors, "wrong.safetensors")
    wrong = charnn("train", "-c", "hello", "--init", "wrong.safetensors", "--out", "third")
    assert wrong.code == 2
    assert "cells.0.W_h should have shape (16, 16), not (16, 15)" in wrong.err
    assert "b_q should have shape (4,), not be missing" in wrong.err
    assert "extra has no place in this model" in wrong.err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["corpus.source=missing.txt"], "no text"),
        (["corpus.source=."], "is a folder, not a text"),
        (["corpus.source=empty.txt"], "is empty"),
        (["corpus.source=time-machin"], "did you mean `time-machine`"),
        (["corpus.text=ab", "train.lanes=4"], "the text is too short: 2 units in 4 lanes leave 0 steps a lane"),
        (["corpus.text=hello", "bptt={strategy: truncated, tau: 5}"], "4 steps a lane, and one window of"),
        (["corpus.text=hello", "bptt={strategy: full, sequence: 5}"], "one window of the strategy full needs 5"),
        (["corpus.text=hello", "corpus.split=[0.9, 0.1]"], "leave 1 for the validation part"),
        (["corpus.source=binary"], "is binary, not text: a zero byte at byte 3"),
        (["corpus.source=latin.txt"], "is not utf-8: byte 0xe9 at byte 3"),
        (["model.cell=lstn"], "unknown cell `lstn`"),
        (["bptt.strategy=half"], "unknown strategy `half`"),
        (["train.device=cuda"], "device cuda"),
        (["model.hidden=-1", "train.lanes=x"], "2 errors"),
        (["nonsense"], "--set takes key=value"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_2_one_message_and_no_file(charnn: Charnn, settings: list[str], message: str) -> None:
    import torch

    if "cuda" in settings[0] and torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    Path("empty.txt").touch()
    Path("binary").write_bytes(b"\x7fEL\0\0")
    Path("latin.txt").write_bytes("caf\xe9".encode("latin-1"))
    before = files()
    done = charnn("train", "-c", "hello", *(part for setting in settings for part in ("--set", setting)))
    assert done.code == 2
    assert message in done.err
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert done.out == b""
    assert files() == before


def test_usage_errors_end_with_2(charnn: Charnn) -> None:
    for arguments in (["train"], ["train", "-c"], ["train", "-c", "hello", "--lanes", "4"], ["trian"]):
        done = charnn(*arguments)
        assert (done.code, done.out) == (2, b""), arguments


def test_a_training_that_diverges_says_so_and_keeps_the_last_good_weights(charnn: Charnn) -> None:
    Path("text.txt").write_text("to be or not to be that is the question " * 50)
    done = charnn(
        "train", "-c", "hello", "-s", "corpus.source=text.txt", "-s", "optimizer={name: sgd, learning_rate: 1e6}",
        "-s", "model={cell: linear, hidden: 8}", "-s", "clip={by: none}", "-s", "bptt={strategy: truncated, tau: 32}",
        "-s", "train={steps: 50, lanes: 2}",
    )  # fmt: skip
    assert done.code == 1
    assert "the training diverged at step" in done.err
    assert "gradient norm" in done.err
    assert "optimizer.learning_rate" in done.err
    for name, tensor in load_file("runs/hello-1/last.safetensors").items():
        assert (abs(tensor) < float("inf")).all(), name


def test_debug_shows_the_traceback() -> None:
    command = [sys.executable, "-m", "charnn", "train", "-c", "missing", "--debug"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" in done.stderr
    assert "InputError" in done.stderr


def test_the_environment_overrides_a_recipe(charnn: Charnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_MODEL_HIDDEN", "5")
    done = charnn("train", "-c", "hello", "-s", "train.steps=1", "--json")
    assert done.json["config"]["model"]["hidden"] == 5
    assert json.loads(done.out)["step"] == 1
    monkeypatch.setenv("CHARNN_MODEL_HIDDEN", "6")
    assert Run(Path("runs/hello-1")).config().model.hidden == 5
    assert read_config("runs/hello-1/config.yaml", [], {}).model.hidden == 5


def test_force_leaves_a_folder_alone_that_only_looks_like_a_run(charnn: Charnn) -> None:
    """A project with a `config.yaml` of its own, and files beside it."""
    Path("project/src").mkdir(parents=True)
    Path("project/config.yaml").write_text("corpus: {text: hello}")
    Path("project/src/thesis.tex").write_text("years of work")
    done = charnn("train", "-c", "hello", "--out", "project", "--force")
    assert (done.code, Path("project/src/thesis.tex").read_text()) == (2, "years of work")
    assert charnn("train", "-c", "hello", "--force").code == 2


def test_two_trainings_that_start_together_take_two_folders() -> None:
    command = [sys.executable, "-m", "charnn", "train", "-c", "hello", "-s", "train.steps=3", "--quiet"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    folders = {process.communicate(timeout=120)[0] for process in both}
    assert folders == {"runs/hello-1\n", "runs/hello-2\n"}
    assert all(Run(Path(folder.strip())).rows("metrics.jsonl")[-1]["step"] == 3 for folder in folders)


def test_a_run_of_standard_input_can_replace_itself(charnn: Charnn) -> None:
    text = b"hello world " * 20
    charnn("train", "-c", "hello", "-s", "corpus.source=-", "-s", "train.steps=1", "--out", "mine", stdin=text)
    assert charnn("train", "-c", "mine/config.yaml", "--out", "mine", "--force").code == 0
    assert Path("mine/text.txt").read_bytes() == text


def test_a_validation_that_diverges_saves_first(charnn: Charnn) -> None:
    Path("text.txt").write_text("to be or not to be that is the question " * 3000)
    done = charnn(
        "train", "-c", "hello", "-s", "corpus={source: text.txt}", "-s", "model={cell: linear, hidden: 16}",
        "-s", "optimizer={name: sgd, learning_rate: 30}", "-s", "clip={by: none}",
        "-s", "bptt={strategy: full, sequence: 3}", "-s", "train={steps: 1, lanes: 1}", "-s", "train.report_every=1",
    )  # fmt: skip
    assert done.code == 1
    assert "the loss over the validation part is" in done.err
    assert Path("runs/hello-1/checkpoints/1.safetensors").exists()


@pytest.mark.parametrize("text", ["0123456789", "1e5", "null", "true", "- a", "سلام: دنیا\n\n x"])
def test_a_text_that_looks_like_something_else_stays_a_text(charnn: Charnn, text: str) -> None:
    settings = ["-s", f"corpus.text={text}", "-s", "train.steps=1"]
    assert charnn("train", "-c", "hello", *settings).code == 0
    assert Run(Path("runs/hello-1")).config().corpus.text == text
    assert charnn("sample", "--length", "3").code == 0


@pytest.mark.parametrize(
    "setting",
    ["corpus.split=[null, 1]", "corpus.source=~nosuchuser/x.txt", "corpus.encoding=undefined", f"train.seed={10**23}",
     "train.lanes=100000000000", f"corpus.source={'x' * 300}", f"corpus.text={'x' * 20000}"],
)  # fmt: skip
def test_odd_values_are_a_user_s_mistake(charnn: Charnn, setting: str) -> None:
    done = charnn("train", "-c", "hello", "-s", "corpus.source=hello.txt", "-s", setting)
    assert done.code == 2
    assert "defect" not in done.err


def test_more_memory_than_there_is_ends_with_a_hint(charnn: Charnn) -> None:
    done = charnn("train", "-c", "hello", "-s", "model.hidden=1_000_000")
    assert done.code == 1
    assert "not enough memory" in done.err
    assert "model.hidden" in done.err


def test_debug_keeps_the_exit_code() -> None:
    command = [sys.executable, "-m", "charnn", "--debug", "train", "-c", "nosuch"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_closed_streams_are_no_defect(tiny_run: str) -> None:
    for redirection in (">&-", "2>&-", "<&-"):
        command = f"{sys.executable} -m charnn sample --length 5 {redirection}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), redirection


def test_another_text_needs_another_hash(charnn: Charnn, tiny_run: str) -> None:
    Path("other.txt").write_text("other texts")
    again = charnn("train", "-c", f"{tiny_run}/config.yaml", "-s", "corpus.source=other.txt", "-s", "train.steps=1")
    assert again.code == 0, again.err


def test_out_works_where_runs_cannot_be_made(charnn: Charnn) -> None:
    Path("runs").touch()
    assert charnn("train", "-c", "hello", "-s", "train.steps=1", "--out", "mine").text == "mine\n"
    assert charnn("train", "-c", "hello", "-s", "train.steps=1").code == 1

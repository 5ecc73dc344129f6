"""The run folder: what a training leaves in it, what each format means, and what is said of damage."""

from __future__ import annotations

import fcntl
import io
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from charnn.configuration import formats
from charnn.configuration.formats import END, FORMAT
from charnn.configuration.reading import read_settings
from charnn.errors import CharnnError, ConfigError, RunError, UsageError
from charnn.runs.layout import INFORMED, LAYOUT, METRICS, MIXTURE
from charnn.runs.overview import overview
from charnn.runs.places import Destination
from charnn.runs.run import KEPT_CHECKPOINTS, Run
from charnn.runs.text import text_of_run
from charnn.storage.atomic import new_file
from charnn.storage.tensor_file import read_tensors, write_tensors
from charnn.training.job import Job
from charnn.training.loop import Training
from charnn.training.resume import Continuation, resume
from tests.training.onlooker import Onlooker

RUN = Path("run")
SETTINGS = (
    "corpus={text: 'the cat sat on the mat and the dog sat on the log', split: [0.7, 0.3]}",
    "model={cell: lstm, hidden: 4}",
    "bptt.tau=6",
    "train={lanes: 2, steps: 4, report_every: 1, checkpoint_every: 1, sample_every: 2}",
)


def trained(*settings: str, out: Path = RUN) -> Training:
    return Job(Onlooker(), with_baseline=True).train(read_settings(*SETTINGS, *settings), Destination("run", out))


def test_a_training_leaves_what_the_layout_names_and_nothing_else() -> None:
    trained()
    names = {path.name for path in RUN.iterdir()}
    others = {"text.txt", "text.tsv", "text.csv", "text.jsonl", "tensorboard", "report.html", MIXTURE, INFORMED}
    assert names == LAYOUT - others
    run = Run(RUN)
    assert [path.stem for path in run.checkpoints()] == ["3", "4"]
    assert KEPT_CHECKPOINTS == 2
    assert [row["step"] for row in run.rows(METRICS)] == [1, 2, 3, 4]
    baseline = run.baseline()
    assert baseline is not None
    assert baseline["nats"] > 0
    assert overview(run).state == "finished"


def test_what_is_written_today_says_its_format() -> None:
    trained()
    assert f"format: {FORMAT}\n" in (RUN / "config.yaml").read_text()
    assert (RUN / "config.yaml").read_text().endswith(END)
    for name in ("last.safetensors", "best.safetensors", "checkpoints/4.safetensors"):
        assert read_tensors(RUN / name).document["format"] == FORMAT
    assert read_tensors(RUN / "checkpoints/4.safetensors").document["config"]["format"] == FORMAT


def without_format(run: Path) -> None:
    """Make of a run what charnn wrote before there were formats and tasks."""
    config = run / "config.yaml"
    lines = [line for line in config.read_text().splitlines(True) if not line.startswith(("format:", "task:"))]
    config.write_text("".join(lines))
    for path in run.rglob("*.safetensors"):
        file = read_tensors(path)
        document = {key: value for key, value in file.document.items() if key != "format"}
        if "config" in document:
            document["config"] = {
                key: value for key, value in document["config"].items() if key not in ("format", "task")
            }
        write_tensors(path, file.tensors, document)


def test_a_run_without_a_format_is_of_format_0_and_goes_on() -> None:
    whole = trained("train.steps=6", out=Path("whole"))
    trained()
    expected = Run(RUN).config()
    without_format(RUN)
    run = Run(RUN)
    assert run.config() == expected
    assert run.config().task.name == "language-model"
    tensors, path = run.weights("last")
    assert path == RUN / "last.safetensors"
    assert torch.equal(tensors["W_q"], run.checkpoint().tensors["model.W_q"])
    resumed = Job(Onlooker()).go_on(Continuation(run, settings=["train.steps=6"]))
    for found, wanted in zip(resumed.trainer.network.parameters(), whole.trainer.network.parameters(), strict=True):
        assert torch.equal(found, wanted)
    assert f"format: {FORMAT}\n" in (RUN / "config.yaml").read_text()
    assert read_tensors(RUN / "last.safetensors").document["format"] == FORMAT


def test_a_missing_key_has_the_default_of_the_run_s_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of config.yaml, the checkpoint and the weights alike, so that no later key breaks an older run."""
    trained("model.hidden=4", "clip.threshold=1.0")
    expected = Run(RUN).config()
    without_format(RUN)
    config = RUN / "config.yaml"
    config.write_text(config.read_text().replace("hidden: 4, ", "").replace(", threshold: 1.0", ""))
    assert "hidden: 4" not in config.read_text()
    for path in RUN.rglob("*.safetensors"):
        file = read_tensors(path)
        for holder in (file.document, file.document.get("config", {})):
            holder.get("model", {}).pop("hidden", None)
        write_tensors(path, file.tensors, file.document)
    # Today's default is another.
    assert read_settings("corpus.text=x").model.hidden != 4
    monkeypatch.setattr(formats, "_DEFAULTS", {0: {"model.hidden": 4}})
    run = Run(RUN)
    assert run.config() == expected
    assert run.weights("last")[0]["W_q"].shape[0] == 4
    resumed = Job(Onlooker()).go_on(Continuation(run, settings=["train.steps=5"]))
    assert resumed.trainer.steps == 5
    assert "hidden: 4" in config.read_text()


@pytest.mark.parametrize("written", [FORMAT + 1, 99])
def test_a_newer_format_is_refused_with_the_mend(written: int) -> None:
    trained()
    for name, read in (
        ("last.safetensors", lambda: Run(RUN).weights("last")),
        ("checkpoints/4.safetensors", lambda: Run(RUN).checkpoint()),
    ):
        file = read_tensors(RUN / name)
        write_tensors(RUN / name, file.tensors, {**file.document, "format": written})
        why = f"run/{name} has format {written}, and this charnn reads up to {FORMAT}: install a newer one"
        with pytest.raises(RunError, match=why):
            read()
    config = RUN / "config.yaml"
    config.write_text(config.read_text().replace(f"format: {FORMAT}\n", f"format: {written}\n"))
    with pytest.raises(ConfigError, match=f"line 1: format: must be a number from 0 to {FORMAT}; .* newer charnn"):
        Run(RUN).config()


@pytest.mark.parametrize("written", [True, -1, "1", 1.0, None])
def test_a_format_that_is_not_a_number_is_damage(written: Any) -> None:
    if written is None:
        assert formats.check_format(None, "file") == 0
        return
    with pytest.raises(RunError, match="file is damaged: its format is .*, not a number"):
        formats.check_format(written, "file")


def test_a_newer_checkpoint_is_not_sound_and_another_is_offered() -> None:
    trained()
    newest = RUN / "checkpoints/4.safetensors"
    file = read_tensors(newest)
    write_tensors(newest, file.tensors, {**file.document, "format": FORMAT + 1})
    with pytest.raises(RunError, match="install a newer one; the one of step 3 is sound: add `--from 3`"):
        Run(RUN).checkpoint()
    with pytest.raises(RunError, match="has no checkpoint of step 7; there are: 3, 4"):
        Run(RUN).checkpoint(7)


def test_a_config_that_was_cut_off_is_damage() -> None:
    trained()
    config = RUN / "config.yaml"
    config.write_text(config.read_text().removesuffix(END))
    with pytest.raises(RunError, match="config.yaml is damaged: it is cut off, or its last line is gone"):
        Run(RUN).config()


def test_weights_of_another_vocabulary_or_model_are_damage() -> None:
    trained()
    trained("corpus.text=another text of other symbols, just as long as it has to be", out=Path("other"))
    trained("model.cell=gru", out=Path("gru"))
    for source, why in (("other", "vocabulary"), ("gru", "model")):
        (RUN / "best.safetensors").write_bytes(Path(source, "best.safetensors").read_bytes())
        with pytest.raises(RunError, match=f"best.safetensors was saved with another {why}"):
            Run(RUN).weights(None)
    Run(RUN).weights("last")


def test_a_folder_is_written_by_one_training_at_a_time() -> None:
    RUN.mkdir()
    (RUN / ".config.yaml.x.part").write_text("half")
    (RUN / "checkpoints").mkdir()
    (RUN / "checkpoints/.5.safetensors.x.part").write_text("half")
    run = Run(RUN)
    assert not run.is_locked()
    with run.locked():
        assert run.is_locked()
        assert {path.name for path in RUN.rglob("*") if path.is_file()} == {".lock"}
        with pytest.raises(UsageError, match="run is being written by another training"), Run(RUN).locked():
            pass
    assert not run.is_locked()


def test_who_asks_whether_a_folder_is_written_keeps_nobody_from_it() -> None:
    RUN.mkdir()
    ends = threading.Event()

    def ask() -> None:
        while not ends.is_set():
            Run(RUN).is_locked()

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(2_000):
            with Run(RUN).locked():
                pass
    finally:
        ends.set()
        asking.join()


def test_a_run_moves_with_the_text_that_lies_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "the cat sat on the mat and the dog sat on the log"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    trained("corpus={source: '-', split: [0.7, 0.3]}")
    Path("elsewhere").mkdir()
    RUN.rename("elsewhere/moved")
    moved = Run(Path("elsewhere/moved"))
    assert moved.vocabulary().text(text_of_run(moved, moved.vocabulary(), None, "train").ids) == text[:34]
    assert resume(Continuation(moved, settings=["train.steps=9"]), Onlooker()).trainer.steps > 0
    moved.path.rename("again")
    assert Run(Path("again")).config().corpus.source == str(Path("again/text.txt").absolute())


def test_of_several_processes_only_the_first_writes() -> None:
    RUN.mkdir()
    run = Run(RUN, writes=False)
    with run.locked():
        run.write("config.yaml", "x")
        run.append(METRICS, {"step": 1})
        run.save_checkpoint(1, {}, {})
        run.save_weights("last", {}, {})
        run.cut_logs({METRICS: 0})
    assert not list(RUN.iterdir())


def test_a_disk_that_fails_is_named_and_what_is_saved_too() -> None:
    trained()
    (RUN / METRICS).unlink()
    (RUN / METRICS).mkdir()
    with pytest.raises(
        CharnnError, match=r"cannot write run/metrics\.jsonl: .*; step 4 is saved: `charnn train --resume run`"
    ):
        Run(RUN).append(METRICS, {"step": 5})


@pytest.mark.parametrize("content", ["{", "[]", '{"nats": "x"}', json.dumps({"nats": 1, "order": None, "model": "m"})])
def test_a_damaged_baseline_is_named(content: str) -> None:
    RUN.mkdir()
    assert Run(RUN).baseline() is None
    (RUN / "baseline.json").write_text(content)
    with pytest.raises(RunError, match=r"baseline\.json is damaged"):
        Run(RUN).baseline()


def test_a_file_that_somebody_writes_into_a_run_stays() -> None:
    """`charnn report` may write its page while a training begins."""
    RUN.mkdir()
    with new_file(RUN / "report.html") as page:
        page.write(b"half")
        page.flush()
        with Run(RUN).locked():
            page.write(b" and whole")
    assert (RUN / "report.html").read_text() == "half and whole"


def test_a_folder_that_was_replaced_while_it_was_locked_is_not_taken_for_one_s_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    RUN.mkdir()

    def replaced(*_: object) -> None:
        RUN.rename("old")
        RUN.mkdir()
        (RUN / ".lock").touch()

    monkeypatch.setattr(fcntl, "flock", replaced)
    with pytest.raises(UsageError, match="run is being written by another training"), Run(RUN).locked():
        pass

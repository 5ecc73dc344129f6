"""Trainings that are killed, stopped, damaged and continued end as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from charnn.bptt.strategies import STRATEGIES
from charnn.cells import CELLS
from charnn.configuration.sections import Length
from charnn.runs.run import Run
from charnn.storage.tensor_file import read_tensors
from charnn.training.schedules import SCHEDULES
from tests.cli import forked
from tests.cli.conftest import Charnn
from tests.cli.forked import Aim

TRAIN = [sys.executable, "-m", "charnn", "train"]
TEXT = "she sells sea shells by the sea shore, and the shells she sells are sea shells, i am sure. " * 30
SETTINGS = [
    "corpus={source: text.txt, split: [0.9, 0.1]}",
    "train={lanes: 4, steps: 120, report_every: 7, validate_every: 40, checkpoint_every: 5, sample_every: 11}",
    "train.sample_length=20",
    "clip={by: norm, threshold: 1}",
]
# More than a layer of one-hot symbols, for some of the cells.
MODELS = {
    "simple-gru": ", embedding: 3, input_dropout: 0.2, dropout_masks: window",
    "lstm": ", layers: 2, dropout: 0.3",
    "gru": ", input_dropout: 0.1, output_dropout: 0.3, recurrent_dropout: 0.2",
}
AVERAGES = {"gru": ["train.average=exponential"], "simple-gru": ["train.average=mean", "train.average_from=50"]}
WAYS = {
    "full": "bptt={strategy: full, sequence: 30}",
    "truncated": "bptt={strategy: truncated, tau: 12, stride: 5}",
    "randomized": "bptt={strategy: randomized, pi: 0.9, max_window: 20}",
}
TIMINGS = {"seconds", "characters_per_second", "rows_per_second", "symbols_per_second"}


def options(cell: str, strategy: str, *more: str) -> list[str]:
    model = f"model={{cell: {cell}, hidden: 8{MODELS.get(cell, '')}}}"
    settings = [*SETTINGS, model, WAYS[strategy], *AVERAGES.get(cell, []), *more]
    return ["-c", "hello", *(word for setting in settings for word in ("-s", setting))]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def left_by(run: str) -> dict[str, Any]:
    """What a training leaves behind, timings apart."""
    rows = [{key: row[key] for key in row if key not in TIMINGS} for row in Run(Path(run)).rows("metrics.jsonl")]
    files = ("samples.jsonl", "last.safetensors", "best.safetensors", "vocabulary.json")
    return {"rows": rows, **{name: (Path(run) / name).read_bytes() for name in files}}


def begun_to_save(process: subprocess.Popen[Any], run: Path) -> None:
    """Wait until a training catches signals: its first checkpoint is there."""
    while not Run(run).checkpoints():
        assert process.poll() is None
        time.sleep(0.01)


def saved_again(process: BaseProcess, run: Path, times: int) -> None:
    """Wait until a training has saved so many checkpoints more: on every machine the same work."""
    seen = {checkpoint.name for checkpoint in Run(run).checkpoints()} if run.exists() else set()
    first = len(seen)
    while len(seen) < first + times and process.is_alive():
        seen |= {checkpoint.name for checkpoint in Run(run).checkpoints()} if run.exists() else set()
        time.sleep(0.001)


AIMS = [
    Aim(owner, name, when)
    for owner, name in (("os", "fsync"), ("Path", "replace"), ("Path", "unlink"))
    for when in ("before", "after")
]


def killed_again_and_again(arguments: list[str], kills: int, seed: int) -> int:
    """Train, but with kills: at random instants, and at random calls that write; returns how many there were."""
    instants, done = Random(seed), 0
    arguments = [*arguments, "--out", "broken"]
    for number in range(kills):
        if number % 2:
            aim = AIMS[number // 2 % len(AIMS)]._replace(call=instants.randint(1, 12))
            process = forked.start("train", *arguments, aim=aim)
        else:
            process = forked.start("train", *arguments)
            saved_again(process, Path("broken"), instants.randint(1, 20))
            time.sleep(instants.uniform(0, 0.02))
            process.kill()
        process.join()
        done += process.exitcode == -signal.SIGKILL
        if (Path("broken") / "checkpoints").exists() and Run(Path("broken")).checkpoints():
            arguments = ["--resume", "broken"]
        else:
            shutil.rmtree("broken", ignore_errors=True)
    forked.run("train", *arguments)
    return done


def test_a_training_that_is_killed_twenty_times_ends_as_if_it_had_not_been() -> None:
    Path("text.txt").write_text(TEXT)
    arguments = options("lstm", "randomized", "train.steps=3000")
    on_its_own(*arguments, "--out", "whole")
    assert killed_again_and_again(arguments, kills=20, seed=1) >= 18
    assert left_by("broken") == left_by("whole")
    assert not list(Path("broken").glob("**/.*.*")), "what a kill left half written is cleared away"


def on_its_own(*arguments: str) -> None:
    """Train in a process that shares nothing with those that are forked, such as the seed of its hashes."""
    subprocess.run([*TRAIN, *arguments], env=environment(), check=True, capture_output=True)


ROWS = "text\tlabel\n" + "".join(f"{word}{number}\t{word}\n" for number in range(60) for word in TEXT.split()[:9])
COLUMNS = {
    "classification": "input: text, target: label",
    "conditional-generation": "input: label, target: text",
    "sequence-to-sequence": "input: text, target: label",
}


def killed_and_whole(task: str, kills: int) -> None:
    """A training on a table that is killed again and again ends as if it had not been."""
    Path("rows.tsv").write_text(ROWS)
    corpus = f"corpus={{source: rows.tsv, {COLUMNS[task]}, split: [0.9, 0.1]}}"
    model = "model={cell: lstm, hidden: 8, layers: 2, dropout: 0.3}"
    settings = [corpus, f"task.name={task}", *SETTINGS[1:], model, "bptt={strategy: randomized, pi: 0.9}"]
    settings += [f"train.steps={3000 if kills > 10 else 1200}", "train.validate_every=400"]
    arguments = ["-c", "hello", *(word for setting in settings for word in ("-s", setting))]
    on_its_own(*arguments, "--out", "whole")
    assert killed_again_and_again(arguments, kills=kills, seed=2) >= kills - 2
    assert left_by("broken") == left_by("whole")


@pytest.mark.parametrize("task", COLUMNS)
def test_a_training_on_a_table_that_is_killed_ends_as_if_it_had_not_been(task: str) -> None:
    killed_and_whole(task, kills=4)


@pytest.mark.soak
@pytest.mark.parametrize("task", COLUMNS)
def test_a_training_on_a_table_that_is_killed_twenty_times(task: str) -> None:
    killed_and_whole(task, kills=20)


@pytest.mark.parametrize(("cell", "strategy"), [("lstm", "full"), ("rnn", "truncated"), ("gru", "randomized")])
def test_sigterm_and_a_resume_change_nothing(cell: str, strategy: str) -> None:
    Path("text.txt").write_text(TEXT)
    arguments = options(cell, strategy, "train.steps=1000")
    forked.run("train", *arguments, "--out", "whole")
    with subprocess.Popen(
        [*TRAIN, *arguments, "--out", "broken"], env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        begun_to_save(process, Path("broken"))
        time.sleep(0.1)
        process.terminate()
        _, complaint = process.communicate()
    assert process.returncode == 143
    assert "`charnn train --resume broken` goes on" in complaint
    forked.run("train", "--resume", "broken")
    assert left_by("broken") == left_by("whole")


@pytest.mark.parametrize("cell", CELLS.names())
@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_every_cell_and_strategy_goes_on_where_it_was(charnn: Charnn, cell: str, strategy: str) -> None:
    """To half the length, and on to the whole of it, by a schedule whose horizon is the whole from the beginning."""
    Path("text.txt").write_text(TEXT)
    schedule = ("schedule={name: cosine, warmup_steps: 5, horizon: {steps: 60}}", "train.validate_every=20")
    whole = charnn("train", *options(cell, strategy, *schedule, "train.steps=60"), "--out", "whole", "--quiet")
    half = charnn("train", *options(cell, strategy, *schedule, "train.steps=23"), "--out", "half", "--quiet")
    rest = charnn("train", "--resume", "half", "--set", "train.steps=60", "--quiet")
    assert (whole.code, half.code, rest.code) == (0, 0, 0), whole.err + half.err + rest.err
    found, expected = left_by("half"), left_by("whole")
    # The end at step 23 was a report and a validation of its own.
    assert [row["step"] for row in found["rows"] if row not in expected["rows"]] == [23, 28]
    assert found["last.safetensors"] == expected["last.safetensors"]
    assert found["samples.jsonl"] == expected["samples.jsonl"]


@pytest.fixture
def run(charnn: Charnn) -> Path:
    """A training of sixty steps, with checkpoints of the last two reports."""
    Path("text.txt").write_text(TEXT)
    done = charnn("train", *options("gru", "truncated", "train.steps=60"), "--out", "run", "--quiet")
    assert done.code == 0, done.err
    return Path("run")


def every_file(run: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_finished_training_has_nothing_to_do_and_says_how_to_go_on(charnn: Charnn, run: Path) -> None:
    before = every_file(run)
    done = charnn("train", "--resume", "run", "--json", "--set", "train.report_every=3")
    assert (done.code, done.json["step"]) == (0, 60)
    assert "run is finished: 60 steps are done; `charnn train --resume run --set train.steps=120` goes on" in done.err
    assert every_file(run) == before
    longer = charnn("train", "--resume", "run", "--set", "train.steps=120", "--json")
    assert (longer.code, longer.json["step"]) == (0, 120), longer.err


@pytest.mark.parametrize("shorter", ["train.steps=30", "train.epochs=0.1", "train.minutes=1e-9"])
def test_a_length_that_is_passed_already_is_refused_and_changes_nothing(
    charnn: Charnn, run: Path, shorter: str
) -> None:
    before = every_file(run)
    done = charnn("train", "--resume", "run", "--set", shorter)
    assert (done.code, done.out) == (2, b"")
    assert "run has done 60 steps, which is no less than" in done.err
    assert every_file(run) == before


def test_a_shorter_length_is_taken_from_an_earlier_checkpoint(charnn: Charnn, run: Path) -> None:
    earlier = int(Run(run).checkpoints()[0].stem)
    done = charnn("train", "--resume", "run", "--from", earlier, "--set", f"train.steps={earlier + 2}", "--json")
    assert (done.code, done.json["step"]) == (0, earlier + 2), done.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("engine", ["auto", "graph"])
def test_a_run_of_a_device_that_is_not_here_goes_on_on_another(charnn: Charnn, run: Path, engine: str) -> None:
    """All that a training on CUDA leaves behind says `device: cuda`; its engine may be one of CUDA alone."""
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("device: auto", "device: cuda"))
    assert "device: cuda" in config.read_text()
    if engine == "graph":
        config.write_text(config.read_text().replace("engine: auto", "engine: graph"))
        checkpoint = Run(run).checkpoint()
        values = checkpoint.document["config"]
        values["bptt"]["engine"], values["train"]["device"] = "graph", "cuda"
        Run(run).save_checkpoint(60, checkpoint.tensors, {**checkpoint.document, "config": values})
    refused = charnn("train", "--resume", "run", "--set", "train.steps=80")
    assert refused.code == 2
    assert "use `--device cpu` or `--device auto`" in refused.err
    more = ["--set", "bptt.engine=auto"] if engine == "graph" else []
    done = charnn("train", "--resume", "run", "--set", "train.steps=80", "--device", "cpu", *more, "--json")
    assert (done.code, done.json["step"]) == (0, 80), done.err
    for command in (["sample", "run", "--length", "5"], ["evaluate", "run"], ["report", "run"], ["runs", "."]):
        assert charnn(*command).code == 0


def test_what_can_be_read_only_once_is_kept_in_the_run(charnn: Charnn) -> None:
    """A pipe of the shell, `<(…)`, has a name that means something else a moment later."""
    reading, writing = os.pipe()
    os.write(writing, TEXT.encode())
    os.close(writing)
    arguments = options("rnn", "truncated", f"corpus={{source: /dev/fd/{reading}, split: [0.9, 0.1]}}")
    assert charnn("train", *arguments, "--out", "piped", "-s", "train.steps=20").code == 0
    os.close(reading)
    assert Path("piped/text.txt").read_text() == TEXT
    done = charnn("train", "--resume", "piped", "-s", "train.steps=40", "--json")
    assert (done.code, done.json["step"]) == (0, 40), done.err


def test_another_configuration_is_refused_key_by_key(charnn: Charnn, run: Path) -> None:
    changes = ["model.hidden=9", "optimizer.learning_rate=0.5", "bptt.tau=13", "train.seed=2", "train.lanes=2"]
    done = charnn("train", "--resume", "run", *(word for change in changes for word in ("-s", change)))
    assert (done.code, done.out) == (2, b"")
    for line in ("model.hidden: 8 → 9", "bptt.tau: 12 → 13", "train.seed: 1 → 2", "train.lanes: 4 → 2"):
        assert line in done.err
    assert "these keys differ" in done.err
    may = ["train.report_every=3", "train.sample_every=4", "train.checkpoint_every=2", "train.epochs=9"]
    assert charnn("train", "--resume", "run", *(word for change in may for word in ("-s", change))).code == 0


def horizon_of(run: Path) -> Length:
    horizon = SCHEDULES.of(Run(run).config().schedule).horizon
    assert horizon is not None
    return horizon


def test_the_horizon_of_a_schedule_is_kept_unless_it_is_set_anew(charnn: Charnn, run: Path) -> None:
    assert horizon_of(run).steps == 60
    assert charnn("train", "--resume", "run", "-s", "train.steps=70").code == 0
    assert horizon_of(run).steps == 60
    assert charnn("train", "--resume", "run", "-s", "train.steps=80", "-s", "schedule.horizon={steps: 80}").code == 0
    assert horizon_of(run).steps == 80


def test_the_text_must_be_the_same_wherever_it_lies(charnn: Charnn, run: Path) -> None:
    Path("text.txt").rename("moved.txt")
    assert "no text" in charnn("train", "--resume", "run", "-s", "train.steps=70").err
    assert charnn("train", "--resume", "run", "-s", "train.steps=70", "-s", "corpus.source=moved.txt").code == 0
    Path("moved.txt").write_text(TEXT + "!")
    done = charnn("train", "--resume", "run", "-s", "train.steps=80")
    assert (done.code, done.out) == (2, b"")
    assert "has changed: its sha256 is" in done.err


def test_standard_input_is_spooled_and_resumed_from_there(charnn: Charnn) -> None:
    arguments = options("rnn", "truncated", "corpus={source: '-', split: [0.9, 0.1]}")
    assert charnn("train", *arguments, "--out", "piped", "-s", "train.steps=20", stdin=TEXT.encode()).code == 0
    assert charnn("train", "--resume", "piped", "-s", "train.steps=40").code == 0
    Path("text.txt").write_text(TEXT)
    assert charnn("train", *options("rnn", "truncated"), "--out", "whole", "-s", "train.steps=40").code == 0
    assert (Path("piped/last.safetensors")).read_bytes() == Path("whole/last.safetensors").read_bytes()


def test_a_damaged_checkpoint_is_found_out_and_the_one_before_is_offered(charnn: Charnn, run: Path) -> None:
    older, newest = Run(run).checkpoints()
    damaged = bytearray(newest.read_bytes())
    damaged[-1] ^= 1
    newest.write_bytes(damaged)
    before = left_by("run")
    done = charnn("train", "--resume", "run")
    assert (done.code, done.out) == (2, b"")
    assert f"{newest} is damaged: its content does not match its checksum" in done.err
    assert f"the one of step {older.stem} is sound: add `--from {older.stem}`" in done.err
    assert charnn("train", "--resume", "run", "--from", older.stem).code == 0
    assert left_by("run") == before
    assert "no checkpoint of step 3; there are: " in charnn("train", "--resume", "run", "--from", 3).err


def test_two_trainings_cannot_write_one_folder(charnn: Charnn, run: Path) -> None:
    with Run(run).locked():
        done = charnn("train", "--resume", "run", "-s", "train.steps=100")
        assert Run(run).is_locked()
    assert (done.code, done.err) == (2, "error: run is being written by another training\n")
    assert not Run(run).is_locked()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "-c", "hello"], "RUN belongs to --resume"),
        (["-c", "hello", "--from", "0"], "--from belongs to --resume"),
        (["--resume", "run", "--out", "x"], "--out is for a new run"),
        (["--resume", "run", "--init", "x"], "--init is for a new run"),
        (["--resume", "nowhere"], "no run `nowhere`"),
        ([], "say what to train: --config FILE"),
    ],
)
def test_what_makes_no_sense(charnn: Charnn, run: Path, arguments: list[str], message: str) -> None:
    done = charnn("train", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


# --- divergence ---

DIVERGING = ["optimizer={name: sgd, learning_rate: 1000}", "clip={by: none}", "train.checkpoint_every=60"]


def test_a_diverging_training_stops_and_says_what_to_try(charnn: Charnn) -> None:
    Path("text.txt").write_text(TEXT)
    done = charnn("train", *options("linear", "truncated", *DIVERGING), "--out", "run")
    assert done.code == 1
    for word in ("diverged at step", "gradient norm", "largest weights", "Try a smaller `optimizer.learning_rate`"):
        assert word in done.err
    last = Run(Path("run")).rows("metrics.jsonl")[-1]
    assert last["event"] == "diverged"
    assert read_tensors(Run(Path("run")).checkpoints()[-1]).document["step"] == last["step"]


def test_a_diverging_training_may_rewind_with_a_smaller_rate(charnn: Charnn) -> None:
    Path("text.txt").write_text(TEXT)
    settings = [*DIVERGING, "train.on_divergence=rewind", "train.rewind_factor=1e-6", "train.rewinds=2"]
    done = charnn("train", *options("linear", "truncated", *settings), "--out", "run")
    assert done.code == 0, done.err
    assert "rewound to step" in done.err
    rows = Run(Path("run")).rows("metrics.jsonl")
    (first, *_) = [row for row in rows if row.get("event") == "rewound"]
    assert first["learning_rate_factor"] == pytest.approx(1e-6)
    assert rows[-1]["learning_rate"] == pytest.approx(1e-3)
    assert rows[-1]["step"] == 120
    hopeless = charnn(
        "train", *options("linear", "truncated", *settings, "train.rewind_factor=0.99"), "--out", "hopeless"
    )
    assert hopeless.code == 1
    rewound = [row for row in Run(Path("hopeless")).rows("metrics.jsonl") if row.get("event") == "rewound"]
    assert [row["rewinds"] for row in rewound] == [1, 2]


def test_the_metrics_are_lines_of_json(run: Path) -> None:
    for line in (run / "metrics.jsonl").read_text().splitlines():
        assert json.loads(line)["step"] > 0

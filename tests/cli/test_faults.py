"""Whatever goes wrong while a training writes, or with what it wrote: a message, and nothing half taken for whole."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from charnn.errors import CharnnError, RunError
from charnn.runs.run import Run
from charnn.storage.tensor_file import read_tensors
from tests.cli.conftest import Charnn
from tests.cli.test_resume import TEXT, left_by, options

SETTINGS = options("gru", "truncated", "train.steps=24", "train.checkpoint_every=4", "train.validate_every=12")


class Faults:
    """Counts the calls of what writes, and lets one of them fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.failing: int | None = None
        for owner, name in ((os, "fsync"), (Path, "replace"), (os, "fdopen")):
            monkeypatch.setattr(owner, name, self.faulty(getattr(owner, name)))

    def faulty(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if ".latest-" in str(arguments[0]):  # a run is good without a pointer to it
                return original(*arguments, **named)
            self.calls += 1
            if self.calls == self.failing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return original(*arguments, **named)

        return call


def test_every_write_may_fail(charnn: Charnn, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other: always a message, always something to go on from, always the same end."""
    Path("text.txt").write_text(TEXT)
    faults = Faults(monkeypatch)
    whole = charnn("train", *SETTINGS, "--out", "whole", "--quiet")
    assert whole.code == 0, whole.err
    expected, calls = left_by("whole"), faults.calls
    assert calls > 60
    for failing in range(1, calls + 1):
        shutil.rmtree("broken", ignore_errors=True)
        faults.calls, faults.failing = 0, failing
        done = charnn("train", *SETTINGS, "--out", "broken", "--quiet")
        faults.failing = None
        assert (done.code, done.out) == (1, b""), failing
        assert "No space left on device" in done.err
        assert "defect" not in done.err
        if not Run(Path("broken")).checkpoints():
            continue  # the very first writes: nothing was trained yet
        assert "`charnn train --resume broken` goes on from there" in done.err
        for path in Run(Path("broken")).checkpoints():
            read_tensors(path)
        assert charnn("train", "--resume", "broken", "--quiet").code == 0
        assert left_by("broken") == expected


def test_a_log_that_cannot_be_written_stays_whole() -> None:
    """A limit on the size of files stands in for the disk: the row fits only in part."""
    run = Run(Path("run"))
    run.path.mkdir()
    run.append("metrics.jsonl", {"step": 1})
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (15, old[1]))
        with pytest.raises(CharnnError, match="cannot write run/metrics.jsonl: "):
            run.append("metrics.jsonl", {"step": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert (run.path / "metrics.jsonl").read_text() == '{"step": 1}\n'


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of next to nothing, made once."""
    from charnn.configuration.reading import read_settings
    from charnn.runs.places import Destination
    from tests.training.onlooker import Onlooker
    from tests.training.starting import start

    folder = tmp_path_factory.mktemp("sound") / "run"
    config = read_settings(
        "corpus={text: 'the cat sat on the mat and the dog sat on the log'}", "model={cell: gru, hidden: 4}",
        "bptt.tau=4", "train={lanes: 2, steps: 6, report_every: 2, checkpoint_every: 2, sample_every: 3}",
        "train.sample_length=5",
    )  # fmt: skip
    start(config, Destination("run", folder), Onlooker()).run_to_end()
    return folder


def mutated(run: Path, chance: Random) -> str:
    """Damage one file of a run; returns what was done."""
    files = sorted(path for path in run.rglob("*") if path.is_file() and path.name != ".lock")
    path = chance.choice(files)
    data = bytearray(path.read_bytes())
    kind = chance.choice(["flip", "flip", "cut", "swap", "insert", "empty"])
    if kind == "flip" and data:
        for _ in range(chance.choice([1, 1, 8])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        data = data[: chance.randrange(len(data) + 1)]
    elif kind == "insert":
        place = chance.randrange(len(data) + 1)
        data[place:place] = chance.randbytes(chance.choice([1, 100]))
    elif kind == "swap":
        data = bytearray(chance.choice(files).read_bytes())
    else:
        data = bytearray()
    path.write_bytes(data)
    return f"{kind} {path.relative_to(run)}"


SOME = [(seed, 40) for seed in range(10)]
MANY = [pytest.param(seed, 500, marks=pytest.mark.soak) for seed in range(100, 120)]


@pytest.mark.parametrize(("seed", "mutations"), [*SOME, *MANY])
def test_a_damaged_run_loads_to_the_same_model_or_not_at_all(
    charnn: Charnn, sound: Path, seed: int, mutations: int
) -> None:
    """Each mutation is sampled from, or continued, in turn."""
    expected = charnn("sample", sound, "--length", 12, "--temperature", 0).out
    chance = Random(seed)
    for number in range(mutations):
        shutil.rmtree("run", ignore_errors=True)
        shutil.copytree(sound, "run")
        done_to_it = [mutated(Path("run"), chance) for _ in range(chance.choice([1, 1, 2]))]
        if number % 2:
            done = charnn("sample", "run", "--length", 12, "--temperature", 0)
            assert done.out == expected or (done.code, done.out) == (2, b""), done_to_it
        else:
            done = charnn("train", "--resume", "run", "-s", "train.steps=7", "--quiet")
            assert done.code in (0, 2), (done_to_it, done.err)
            if done.code == 0:
                assert Run(Path("run")).checkpoint().document["step"] == 7
        assert "defect" not in done.err, (done_to_it, done.err)
        assert "Traceback" not in done.err, (done_to_it, done.err)


def test_weights_that_lost_their_signature_are_refused(charnn: Charnn, sound: Path) -> None:
    """One flipped bit in the name of the metadata makes the file look like another program's."""
    shutil.copytree(sound, "run")
    path = Path("run/best.safetensors")
    path.write_bytes(path.read_bytes().replace(b'"charnn":', b'"bharnn":', 1))
    done = charnn("sample", "run")
    assert (done.code, done.out) == (2, b"")
    assert "run is damaged: best.safetensors was saved with another vocabulary" in done.err


def test_a_pickle_is_refused_and_not_run(charnn: Charnn, sound: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path("harm").touch, ())

    shutil.copytree(sound, "run")
    for path in [*Run(Path("run")).checkpoints(), Path("run/last.safetensors"), Path("run/best.safetensors")]:
        path.write_bytes(pickle.dumps(Evil()))
        with pytest.raises(RunError, match="not a safetensors file"):
            read_tensors(path)
    for arguments in (["sample", "run"], ["train", "--resume", "run"], ["evaluate", "run"]):
        assert charnn(*arguments).code == 2
    assert not Path("harm").exists()

"""Where runs are: numbered, replaced only when asked for, and found again by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from charnn.errors import CharnnError, RunError, UsageError
from charnn.runs.layout import CONFIG, VOCABULARY
from charnn.runs.places import Destination, open_run, runs_in
from charnn.runs.run import Run

RUNS = Path("runs")


def made(destination: Destination) -> Run:
    with destination.created() as run:
        return run


def fill(folder: Path, *more: str) -> None:
    """What makes a folder a run."""
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    for name in (CONFIG, VOCABULARY, *more):
        (folder / name).write_text("{}")


def test_runs_are_numbered_and_latest_points_to_the_newest() -> None:
    paths = [made(Destination(name)).path for name in ("lstm", "lstm", "gru", "lstm")]
    assert paths == [RUNS / name for name in ("lstm-1", "lstm-2", "gru-1", "lstm-3")]
    assert (RUNS / "latest").readlink() == Path("lstm-3")
    assert open_run(None).path == RUNS / "lstm-3"
    assert all((path / "checkpoints").is_dir() for path in paths)
    assert not list(RUNS.glob(".latest*"))


def test_a_run_elsewhere_is_the_newest_too() -> None:
    place = Destination("x", Path("else/where"))
    assert made(place).path == Path("else/where")
    assert (RUNS / "latest").resolve() == Path("else/where").resolve()
    assert open_run(None).path.resolve() == Path("else/where").resolve()


def test_a_run_that_will_not_last_is_never_the_newest() -> None:
    made(Destination("x", Path("passing"), latest=False))
    assert not RUNS.exists()
    made(Destination("x"))
    made(Destination("x", Path("again"), latest=False))
    assert open_run(None).path == RUNS / "x-1"


def test_a_folder_that_exists_is_replaced_only_by_force_and_only_if_it_is_a_run() -> None:
    out = Path("out")
    fill(out, "text.txt", ".lock", ".config.yaml.abc123")
    with pytest.raises(UsageError, match="out exists already: name another folder, or add --force"):
        Destination("x", out).check()
    Destination("x", out, force=True).check()
    made(Destination("x", out, force=True))
    assert {path.name for path in out.iterdir()} == {"checkpoints", ".lock"}
    fill(out, "thesis.tex")
    with pytest.raises(UsageError, match="--force replaces only what charnn made"):
        Destination("x", out, force=True).check()
    with pytest.raises(UsageError):
        made(Destination("x", out, force=True))
    assert (out / "thesis.tex").exists()


def test_an_empty_folder_is_taken_by_force_and_a_file_or_link_never() -> None:
    Path("empty").mkdir()
    Destination("x", Path("empty"), force=True).check()
    Path("file").write_text("")
    Path("link").symlink_to("empty")
    Path("dangling").symlink_to("nowhere")
    for name in ("file", "link", "dangling"):
        for force in (False, True):
            with pytest.raises(UsageError, match=name):
                Destination("x", Path(name), force=force).check()


def test_force_needs_a_folder() -> None:
    with pytest.raises(UsageError, match="--force replaces the folder that --out names"):
        Destination("x", force=True).check()


def test_a_folder_that_cannot_be_made_is_named() -> None:
    Path("file").write_text("")
    with pytest.raises(CharnnError, match="cannot make the run folder file/run: Not a directory") as raised:
        made(Destination("x", Path("file/run")))
    assert raised.value.exit_code == 1
    RUNS.write_text("")
    with pytest.raises(CharnnError, match="cannot make the run folder runs"):
        made(Destination("x"))


def test_a_run_is_found_by_path_and_by_name() -> None:
    with pytest.raises(RunError, match="there is no run yet"):
        open_run(None)
    run = made(Destination("x"))
    for name in ("runs/x-1", "x-1", "latest", str(run.path.absolute())):
        assert open_run(name).path.resolve() == run.path.resolve()
    with pytest.raises(RunError, match="no run `y`: no such folder, here or in runs"):
        open_run("y")
    run.path.rename("moved")
    with pytest.raises(RunError, match="the newest run, runs/x-1, is gone: name another"):
        open_run(None)


def test_the_runs_of_a_folder_are_listed_from_the_oldest_on() -> None:
    for age, name in enumerate(("c", "a", "b")):
        fill(RUNS / name)
        os.utime(RUNS / name / VOCABULARY, (age, age))
    (RUNS / "other").mkdir()
    (RUNS / "file").write_text("")
    (RUNS / "latest").symlink_to("b")
    assert [run.path.name for run in runs_in(RUNS)] == ["c", "a", "b"]

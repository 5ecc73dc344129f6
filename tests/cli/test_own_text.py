"""`charnn train --text`: settings are chosen, shown, trained, and can be trained again from what was shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from charnn.runs.run import Run
from tests.cli.conftest import Charnn

TEXT = "the sea shells she sells are sea shells, i am sure. " * 60


@pytest.fixture(autouse=True)
def text() -> None:
    Path("poem.txt").write_text(TEXT)


def test_it_trains_and_says_what_it_chose(charnn: Charnn) -> None:
    done = charnn("train", "--text", "poem.txt", "--minutes", "0.05", "--set", "train.steps=7")
    assert done.code == 0, done.err
    assert done.text.strip() == "runs/poem-1"
    assert "# Chosen for poem.txt and 0.05 minutes on this machine." in done.err
    config = Run(Path("runs/poem-1")).config()
    assert config.train.steps == 7
    assert config.model.cell.name == "lstm"


def test_what_is_shown_is_a_configuration(charnn: Charnn) -> None:
    shown = charnn("train", "--text", "poem.txt", "--minutes", "0.05", "--show")
    assert (shown.code, shown.err) == (0, "")
    assert not Path("runs").exists()
    Path("mine.yaml").write_bytes(shown.out)
    assert charnn("train", "--config", "mine.yaml", "--set", "train.steps=3", "--quiet").text.strip() == "runs/mine-1"


def test_several_processes_would_choose_differently(charnn: Charnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("charnn.cli._leave_at_once", lambda code: None)
    done = charnn("train", "--text", "poem.txt")
    assert done.code == 2
    assert "--show" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--text", "nothing.txt"], "no text `nothing.txt`"),
        (["--text", "poem.txt", "--config", "hello"], "both say what to train"),
        (["--config", "hello", "--minutes", "3"], "belongs to --text"),
        (["--config", "hello", "--show"], "belongs to --text"),
        (["--text", "-"], "read only once"),
        ([], "--text FILE"),
    ],
)
def test_bad_input_is_one_message(charnn: Charnn, arguments: list[str], said: str) -> None:
    done = charnn("train", *arguments, stdin=b"the sea")
    assert (done.code, done.out) == (2, b"")
    assert said in done.err
    assert not Path("runs").exists()

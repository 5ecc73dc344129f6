"""`charnn inspect gradients`: one table, picture or document for runs and fresh networks."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.cells.others import others
from tests.cli.conftest import Charnn

SMALL = ("--config", "hello", "--lags", "10", "--places", "4", "--text", "text.txt")


@pytest.fixture(autouse=True)
def _text() -> None:
    Path("text.txt").write_text("hello, hello, hello, said the time traveller\n" * 3)


def test_cells_and_matrices_are_compared(charnn: Charnn) -> None:
    arguments = ("--vary", "model.cell=linear,lstm", "--recurrent", "orthogonal:0.9", "--recurrent", "gaussian:1")
    done = charnn("inspect", "gradients", *SMALL, *arguments, "--json")
    assert done.code == 0, done.err
    networks = done.json["networks"]
    assert [network["network"] for network in networks] == [
        "linear orthogonal:0.9", "linear gaussian:1", "lstm orthogonal:0.9", "lstm gaussian:1",
    ]  # fmt: skip
    assert networks[0]["states"]["h"]["rate"] == pytest.approx(0.9, rel=1e-9)
    assert networks[0]["matrices"][0]["radius"] == pytest.approx(0.9)
    assert len(networks[0]["matrices"][0]["eigenvalues"]) == networks[0]["hidden"]
    assert set(networks[2]["states"]) == {"h", "c"}
    assert [matrix["name"] for matrix in networks[2]["matrices"]] == ["W_ch", "W_uh", "W_fh", "W_oh"]
    assert all(len(network["states"]["h"]["median"]) == 11 for network in networks)
    table = charnn("inspect", "gradients", *SMALL, *arguments)
    assert table.code == 0, table.err
    for shown in ("linear orthogonal:0.9", "0.9000", "k=10", "W_oh"):
        assert shown in table.text
    assert "\x1b" not in table.text
    assert "4 places of text.txt" in table.err


def test_a_run_and_the_newest_one(charnn: Charnn, tiny_run: str) -> None:
    named = charnn("inspect", "gradients", tiny_run, "--text", "-", "--json", stdin=b"hello" * 9)
    assert named.code == 0, named.err
    newest = charnn("inspect", "gradients", "--text", "-", "--json", stdin=b"hello" * 9)
    assert newest.out == named.out
    both = charnn("inspect", "gradients", tiny_run, "--config", "hello", "--json")
    assert [network["network"] for network in both.json["networks"]] == ["hello-1", "hello"]
    unknown = charnn("inspect", "gradients", "--text", "text.txt")
    assert unknown.code == 2
    assert "text.txt has characters that the training text does not contain" in unknown.err


def test_a_picture_is_the_same_each_time(charnn: Charnn) -> None:
    pictures = []
    for name, options in (("flow.svg", ()), ("flow.svg", ()), ("flow.svg", ("--log-lag",)), ("flow.png", ())):
        done = charnn("inspect", "gradients", *SMALL, "--vary", "model.cell=linear,gru", "--plot", name, *options)
        assert done.code == 0, done.err
        pictures.append(Path(name).read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]
    assert pictures[0].startswith(b"<?xml")
    assert pictures[3].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recurrent", "orthogonal"], "--recurrent takes a scheme and a spectral radius above 0"),
        (["--recurrent", "orthogonal:-1"], "--recurrent takes a scheme and a spectral radius above 0"),
        (["--recurrent", "orthogonal:nan"], "--recurrent takes a scheme"),
        (["--recurrent", "ortogonal:1"], "did you mean `orthogonal`?"),
        (["--vary", "model.cell"], "--vary takes key=value,value,…"),
        (["--vary", "model.cell=rnn,lstn"], "unknown cell `lstn`"),
        (["--layer", "1"], "hello has no layer 1: its only layer is 0"),
        (["--log-lag"], "--log-lag is for a picture"),
        (["--plot", "flow.pdf"], "a picture ends in .png or .svg"),
        (["--text", "missing.txt"], "no text `missing.txt`"),
        (["--text", "empty.txt"], "empty.txt is empty"),
        (["missing-run"], "no run `missing-run`"),
    ],
)
def test_mistakes_are_named(charnn: Charnn, arguments: list[str], message: str) -> None:
    Path("empty.txt").touch()
    done = charnn("inspect", "gradients", "--config", "hello", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


def test_what_belongs_to_fresh_networks_is_refused_for_runs(charnn: Charnn, tiny_run: str) -> None:
    for option, value in (("--set", "a=b"), ("--vary", "a=b"), ("--recurrent", "gaussian:1")):
        done = charnn("inspect", "gradients", tiny_run, option, value)
        assert done.code == 2
        assert f"{option} is for fresh networks" in done.err


def test_without_matplotlib_the_numbers_are_still_there(charnn: Charnn, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "matplotlib" else found(name))
    done = charnn("inspect", "gradients", *SMALL, "--plot", "flow.png")
    assert (done.code, done.out) == (2, b"")
    assert "pip install 'charnn[plot]'" in done.err
    assert charnn("inspect", "gradients", *SMALL).code == 0


def test_a_cell_without_recurrent_matrices_has_none_to_show(charnn: Charnn) -> None:
    arguments = ("--vary", "model.cell=min-gru,squared,peephole-lstm")
    with others():
        networks = charnn("inspect", "gradients", *SMALL, *arguments, "--json").json["networks"]
        table = charnn("inspect", "gradients", *SMALL, *arguments, "--plot", "flow.svg")
        refused = charnn("inspect", "gradients", *SMALL, "--set", "model.cell=min-gru", "--recurrent", "gaussian:1")
    assert [[matrix["name"] for matrix in network["matrices"]] for network in networks] == [
        [], ["W_hh", "W_uh"], ["W_ch", "W_uh", "W_fh", "W_oh"],
    ]  # fmt: skip
    assert all(network["states"]["h"]["rate"] > 0 for network in networks)
    assert table.code == 0, table.err
    assert "W is the candidate's matrix; min-gru: no such matrix" in table.err
    assert (refused.code, refused.out) == (2, b"")
    assert "the cell min-gru has no recurrent matrices that gaussian:1 could replace" in refused.err

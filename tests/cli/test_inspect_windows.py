"""`charnn inspect windows`: the drawing, the numbers below it, and how far they can be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cells.others import UNUSUAL, others
from tests.cli.conftest import Charnn

HELLO = ("inspect", "windows", "--config", "hello")
WELLS = "the time machine by h g wells"


def test_three_strategies_are_drawn_over_one_text(charnn: Charnn) -> None:
    done = charnn(*HELLO, WELLS, "--tau", "8", "--pi", "0.75", "--draws", "10")
    assert done.code == 0, done.err
    full, truncated, randomized, *_ = (block.splitlines() for block in done.text.split("\n\n"))
    assert full == [
        "full · 1 window",
        "text        the time machine by h g wells",
        "windows     [──────────────────────────┤",
        "ξ           0111111111111111111111111111",
        "looks back            111111111122222222",
        "            0123456789012345678901234567",
    ]
    assert truncated == [
        "truncated · tau 8 · 4 windows",
        "text        the time machine by h g wells",
        "windows     [──────┤├──────┤├──────┤├──┤",
        "ξ           0111111101111111011111110111",
        "looks back  0123456701234567012345670123",
    ]
    assert randomized[0].startswith("randomized · pi 0.75 · ")
    assert randomized[0].endswith("ξ a = 1.333")
    assert set(randomized[3].split()[1]) == {"0", "a"}
    assert "\x1b" not in done.text
    assert all(len(line) <= 80 for line in done.text.splitlines())


def test_windows_that_overlap_are_below_each_other(charnn: Charnn) -> None:
    done = charnn(*HELLO, "hello hello", "--tau", "4", "--stride", "2")
    assert "windows     [┤├┄─┤├┄─┤\n            [┄─┤├┄─┤\n" in done.text
    crowded = charnn(*HELLO, WELLS, "--tau", "20", "--stride", "1", "--draws", "2")
    assert crowded.text.count("⋮") == 28


def test_a_long_text_goes_on_below(charnn: Charnn) -> None:
    done = charnn(*HELLO, WELLS * 5, "--draws", "2")
    assert done.code == 0, done.err
    assert done.text.count("text        ") == 3 * 3
    assert "the gradient is measured on texts of up to 101 characters" in done.err
    shorter = charnn(*HELLO, WELLS * 5, "--length", "12")
    assert "1,024 patterns" in shorter.text


def test_every_script_keeps_its_columns(charnn: Charnn) -> None:
    """Wide characters take two columns each; right-to-left ones are in the order of the steps."""
    wide = charnn(*HELLO, "日本\nx", "--tau", "2").text.splitlines()
    assert wide[1:5] == ["text        日本↵ x", "windows     [───┤", "ξ           0 1 1", "looks back  0 1 2"]
    persian = charnn(*HELLO, "می\u200cخوانم", "--tau", "2").text.splitlines()
    assert persian[1] == "text        \u202dمی◌خوانم\u202c"
    graphemes = charnn(*HELLO, "--set", "corpus.unit=grapheme", "e\u0301e\u0301x").text.splitlines()
    assert graphemes[1:3] == ["text        e\u0301e\u0301x", "windows     [┤"]


def test_bias_is_zero_by_enumeration(charnn: Charnn) -> None:
    done = charnn(*HELLO, "the time mac", "--tau", "3", "--pi", "[0.5, 0.8]", "--json")
    assert done.code == 0, done.err
    full, truncated, randomized = done.json["strategies"]
    assert full["gradient"]["bias"] == 0
    assert truncated["gradient"]["bias"] > 1e-3
    assert truncated["tau"] == 3
    assert randomized["pi"] == [0.5, 0.8]
    assert randomized["gradient"]["how"] == "enumerated"
    assert randomized["gradient"]["count"] == 2**10
    assert randomized["gradient"]["bias"] < 1e-10
    assert randomized["gradient"]["spread"] > 0.01


def test_it_says_where_a_mean_of_draws_tells_nothing(charnn: Charnn) -> None:
    arguments = ("--set", "model.cell=linear", WELLS * 2, "--pi", "0.5", "--draws", "20")
    done = charnn(*HELLO, *arguments)
    assert done.code == 0, done.err
    row = next(line for line in done.text.splitlines() if line.startswith(" randomized "))
    assert row.split()[1:5] == ["20", "draws", "?", "?"]
    said = " ".join(done.text.split())
    assert "by chance alone (spread/√draws): it tells nothing, and is left out." in said
    assert "is not below 1: the variance grows with its powers, without bound" in said
    gradient = charnn(*HELLO, *arguments, "--json").json["strategies"][2]["gradient"]
    assert gradient["bias"] is None
    assert not gradient["trusted"]
    assert gradient["growth"] > 1


def test_a_trained_network_and_its_own_text(charnn: Charnn, tiny_run: str) -> None:
    done = charnn("inspect", "windows", "--json")
    assert done.code == 0, done.err
    assert done.json["network"] == "hello-1"
    assert done.json["text"] == "hello"
    assert charnn("inspect", "windows", tiny_run, "hello", "--json").json == done.json
    assert charnn("inspect", "windows", tiny_run, "--text", "-", "--json", stdin=b"hello").json == done.json
    unknown = charnn("inspect", "windows", tiny_run, "help")
    assert unknown.code == 2
    assert "the text has characters that the training text does not contain: 'p'" in unknown.err


@pytest.mark.parametrize("name", ["windows.png", "windows.svg"])
def test_a_picture(charnn: Charnn, name: str) -> None:
    done = charnn(*HELLO, "日$h\n$", "--tau", "2", "--plot", name)
    assert done.code == 0, done.err
    assert done.err == f"drew {name}\n"
    assert Path(name).read_bytes().startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")


def test_a_gradient_of_zero_is_compared_with_nothing(charnn: Charnn) -> None:
    done = charnn(*HELLO, "aaaa")
    assert done.code == 0
    assert "the full gradient of this text is zero or not finite" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "the text is empty"),
        (["h"], "the text has 1 characters; 2 to 2,000 can be drawn"),
        (["he" * 1001], "the text has 2002 characters; 2 to 2,000 can be drawn"),
        (["hello", "--text", "-"], "give a text itself or the --text of a file, not both"),
        (["--text", "missing.txt"], "no text `missing.txt`"),
        (["hello", "--tau", "2", "--stride", "3"], "`stride` must not exceed `tau`"),
        (["hello", "--pi", "1.5"], "randomized.pi"),
        (["hello", "--pi", "often"], "randomized.pi"),
        (["hello", "--plot", "windows.pdf"], "a picture ends in .png or .svg"),
        (["hello-1", "hello"], "name a run or a --config, not both"),
    ],
)
def test_mistakes_are_named(charnn: Charnn, arguments: list[str], message: str) -> None:
    done = charnn(*HELLO, *arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


def test_settings_belong_to_a_fresh_network(charnn: Charnn) -> None:
    done = charnn("inspect", "windows", "--set", "model.hidden=3")
    assert done.code == 2
    assert "--set is for a fresh network" in done.err


@pytest.mark.parametrize("cell", UNUSUAL)
def test_weights_of_a_cell_s_own_count_in_the_gradient(charnn: Charnn, cell: str) -> None:
    with others():
        done = charnn(*HELLO, "--set", f"model.cell={cell}", "the time mac", "--tau", "3", "--json")
    assert done.code == 0, done.err
    full, truncated, randomized = (row["gradient"] for row in done.json["strategies"])
    assert full["bias"] == 0
    assert truncated["bias"] > 1e-3
    assert randomized["bias"] < 1e-10

"""`charnn inspect units`: a text in colours, and units that follow it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Charnn

TEXT = 'she said "sea shells" (by the sea)\n\nShe sells "sea shells".\n\n' * 12


@pytest.fixture
def run(charnn: Charnn) -> str:
    Path("text.txt").write_text(TEXT)
    done = charnn(
        "train", "-c", "hello", "-s", "corpus={source: text.txt}", "-s", "train={steps: 5, lanes: 4}",
        "-s", "bptt={strategy: truncated, tau: 16}", "-s", "model={cell: lstm, hidden: 5, layers: 2}",
    )  # fmt: skip
    assert done.code == 0, done.err
    return done.text.strip()


def test_the_best_unit_for_every_property_is_listed(charnn: Charnn, run: str) -> None:
    found = charnn("inspect", "units", "--text", "text.txt", "--json").json
    assert set(found) == {"run", "text", "found"}
    assert {name: len(units) for name, units in found["found"].items()} == {
        "position": 1, "quotation": 1, "brackets": 1, "capital": 1, "word-length": 1,
    }  # fmt: skip
    best = found["found"]["quotation"][0]
    assert 0 < abs(best["correlation"]) <= 1
    assert 0 <= best["auc"] <= 1
    table = charnn("inspect", "units", "--text", "text.txt").text
    assert f"{best['auc']:.3f}" in table
    assert "inside quotation marks" in table


def test_finding_a_property_colours_the_text_by_the_best_unit(charnn: Charnn, run: str) -> None:
    found = charnn("inspect", "units", "--text", "text.txt", "--find", "quotation", "--json").json
    assert len(found["found"]["quotation"]) == 10
    best = found["found"]["quotation"][0]
    assert found["subject"] == {"layer": best["layer"], "part": best["part"], "gate": None, "unit": best["unit"]}
    assert "".join(row["character"] for row in found["symbols"]) == TEXT
    shown = charnn("inspect", "units", "--text", "text.txt", "--find", "quotation").text
    assert f"{best['part']} of unit {best['unit']} in layer {best['layer']}: −" in shown
    assert "\x1b" not in shown


def test_a_pipe_gets_marks_below_the_text(charnn: Charnn, run: str) -> None:
    Path("short.txt").write_text("she\nsells " + 8 * "sea shells ")
    done = charnn("inspect", "units", "--text", "short.txt", "--gate", "forget", "--unit", "2", "--layer", "0")
    head, *lines = done.text.splitlines()
    assert head == "forget gate (unit 2) in layer 0: 0.000 ▁▂▃▄▅▆▇█ 1.000"
    assert lines[0] == "she↵"
    assert lines[2] + lines[4] == "sells " + 8 * "sea shells "
    assert all(set(marks) <= set("▁▂▃▄▅▆▇█") for marks in lines[1::2])
    assert [len(marks) for marks in lines[1::2]] == [4, 80, 14]
    rows = charnn(
        "inspect", "units", "--text", "short.txt", "--gate", "f", "--unit", "2", "--layer", "0", "--json"
    ).json["symbols"]
    marks = [min(int(8 * row["value"]), 7) for row in rows]
    assert "".join("▁▂▃▄▅▆▇█"[mark] for mark in marks) == "".join(lines[1::2])


def test_right_to_left_text_has_its_marks_from_the_right(charnn: Charnn) -> None:
    Path("text.txt").write_text("سلام، خُدا\n" * 30)
    done = charnn("train", "-c", "hello", "-s", "corpus={source: text.txt}", "-s", "train.steps=3")
    assert done.code == 0, done.err
    _, text, marks, *_ = charnn("inspect", "units", "--unit", "0").text.splitlines()
    assert "\u200f" not in text
    assert marks[0] == "\u200f"
    # The vowel sign takes no room.
    assert len(marks) - 1 == len(text) - text.count("\u064f")


def test_the_likeliest_next_characters(charnn: Charnn, run: str) -> None:
    Path("short.txt").write_text("she ")
    rows = charnn("inspect", "units", "--text", "short.txt", "--unit", "1", "--top", "3", "--json").json["symbols"]
    for row in rows:
        p = [choice["probability"] for choice in row["next"]]
        assert len(p) == 3
        assert p == sorted(p, reverse=True)
        assert 0 < sum(p) <= 1
    table = charnn("inspect", "units", "--text", "short.txt", "--unit", "1", "--top", "3").text
    first = rows[0]["next"][0]
    assert f"{first['probability']:.1%}" in table
    assert len(table.strip().splitlines()) == 2 + 2 + 4


def test_a_page_of_html(charnn: Charnn, run: str) -> None:
    done = charnn("inspect", "units", "--unit", "1", "--top", "2", "--html", "page.html", "--length", "50")
    assert (done.code, done.text) == (0, "page.html\n")
    page = Path("page.html").read_text(encoding="utf-8")
    assert page.count("<span title=") + page.count('<span class="', page.index("<pre")) >= 50
    assert "<script" not in page
    assert 'dir="auto"' in page


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"COLORTERM": "truecolor"}, True),
        ({"TERM": "xterm-256color"}, True),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "linux"}, False),
    ],
)
def test_a_terminal_gets_colours_where_it_has_enough(
    charnn: Charnn, run: str, environment: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    done = charnn("inspect", "units", run, "--gate", "u", "--length", "40")
    assert done.code == 0, done.err
    assert ("\x1b[" in done.text) == colours
    assert ("▁▂▃▄▅▆▇█" in done.text) != colours


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--unit", "9"], "there is no unit 9: the units of a layer are 0 to 4"),
        (["--unit", "1", "--layer", "2"], "there is no layer 2: the network's layers are 0 to 1"),
        (["--unit", "1", "--part", "d"], "the state of lstm has no part `d`; there are: h, c"),
        (["--unit", "1", "--gate", "forget", "--part", "c"], "a gate is not a part of the state"),
        (["--gate", "reset"], "lstm has no gate `reset`; there are: update, forget, output"),
        (["--find", "quotaton"], "(did you mean `quotation`?)"),
        (["--find", "quotation", "--unit", "1"], "--find chooses a unit itself"),
        (["--layer", "1"], "--layer belongs to --unit and --gate"),
        (["--top", "5"], "--top shows a text by one unit or gate"),
        (["--unit", "1", "--html", "page.txt"], "a page ends in .html"),
        (["--unit", "1", "--html", "missing/page.html"], "its folder is missing"),
        (["--unit", "1", "--text", "missing.txt"], "no text `missing.txt`"),
        (["--unit", "1", "--text", "empty.txt"], "empty.txt is empty"),
        (["--unit", "1", "--text", "foreign.txt"], "'z' (U+007A) at position 0"),
        (
            ["--unit", "1", "--text", "foreign.txt", "--skip-unknown"],
            "foreign.txt has no character that the model knows",
        ),
        (["--text", "one.txt"], "1 symbols are too few"),
        (["--find", "brackets", "--text", "plain.txt"], "it never changes in the first 10 symbols of plain.txt"),
    ],
)
def test_bad_input_is_refused(charnn: Charnn, run: str, arguments: list[str], message: str) -> None:
    for name, text in {"empty": "", "foreign": "zz", "one": "s", "plain": "she sells " * 2}.items():
        Path(f"{name}.txt").write_text(text)
    done = charnn("inspect", "units", *arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err


def test_a_cell_without_gates_says_so(charnn: Charnn, tiny_run: str) -> None:
    assert "rnn has no gates at all" in charnn("inspect", "units", "--gate", "update").err


def test_standard_input_equals_a_file(charnn: Charnn, run: str) -> None:
    Path("short.txt").write_text("she sells")
    found = charnn("inspect", "units", "--unit", "0", "--text", "short.txt", "--json").json["symbols"]
    assert (
        charnn("inspect", "units", "--unit", "0", "--text", "-", "--json", stdin=b"she sells").json["symbols"] == found
    )


def test_unknown_characters_can_be_left_out(charnn: Charnn, run: str) -> None:
    Path("short.txt").write_text("shZe")
    rows = charnn("inspect", "units", "--unit", "0", "--text", "short.txt", "--skip-unknown", "--json").json["symbols"]
    assert [row["character"] for row in rows] == list("she")

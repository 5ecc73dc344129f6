"""A text in colours as HTML: every symbol is there, in its colour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.units.coloured_page import coloured_page, coloured_text
from charnn.analysis.units.signals import Signal
from charnn.analysis.units.symbols import shown_in_line
from charnn.analysis.units.view import Reading, View
from tests.analysis.pages.reader import Reader

STATE, GATE = Signal(0, "h", None, 1), Signal(0, None, "u", None)


def view_of(text: str, values: list[float]) -> View:
    pairs = zip(text, values, strict=True)
    return View(STATE, tuple(Reading(symbol, value, (("<", 0.75), ("\n", 0.25))) for symbol, value in pairs))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(texts, st.booleans())
def test_the_text_comes_out_as_it_went_in(text: str, titles: bool) -> None:
    text = "".join(symbol for symbol in text if symbol.isprintable() or symbol in "\n\u200c\u202e")
    read = Reader(coloured_text(view_of(text, [0.1 * (i % 7 - 3) for i in range(len(text))]), titles=titles))
    assert read.text == "".join(map(shown_in_line, text))
    assert read.text.replace("↵\n", "\n") == text.replace("↵\n", "\n")
    assert {tag for tag, _ in read.tags} <= {"pre", "span"}


def test_levels_follow_values() -> None:
    read = Reader(coloured_text(view_of("abcd", [-2.0, 0.0, 1.0, 2.0]), titles=True))
    spans = [attributes for tag, attributes in read.tags if tag == "span"]
    assert [span.get("class") for span in spans] == ["b10", None, "r5", "r10"]
    assert spans[0]["title"] == "a  −2.000\n< 75.0%\n↵ 25.0%"


def test_a_gate_is_shown_on_its_whole_range() -> None:
    view = View(GATE, (Reading("a", 0.5), Reading("b", 0.25)))
    assert [view.share(reading) for reading in view.readings] == [0.5, 0.25]
    assert "update gate (mean over all units) in layer 0" in coloured_page("t", "w", view)


def test_a_unit_that_never_speaks_has_no_colour() -> None:
    assert 'class="b' not in coloured_text(view_of("ab", [0.0, 0.0]), titles=False)

"""A text in colours as HTML: every text escaped, every symbol there, and colours on which it can be read."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.report.html import Html, element, page, table
from charnn.analysis.units.colouring import LEVELS, coloured, coloured_page, drawn, level, on_white
from charnn.analysis.units.view import Seen, Subject, View

STATE, GATE = Subject(0, "h", None, 1), Subject(0, None, "u", None)


class Reader(HTMLParser):
    """The text, the classes and the titles of a piece of markup."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.text, self.tags = "", list[tuple[str, dict[str, str | None]]]()
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(text: str, values: list[float]) -> View:
    found = zip(text, values, strict=True)
    return View(STATE, tuple(Seen(symbol, value, (("<", 0.75), ("\n", 0.25))) for symbol, value in found))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(texts, st.booleans())
def test_the_text_comes_out_as_it_went_in(text: str, titles: bool) -> None:
    text = "".join(symbol for symbol in text if symbol.isprintable() or symbol in "\n\u200c\u202e")
    read = Reader(coloured(seen(text, [0.1 * (i % 7 - 3) for i in range(len(text))]), titles=titles))
    assert read.text == "".join(map(drawn, text))
    assert read.text.replace("↵\n", "\n") == text.replace("↵\n", "\n")
    assert {tag for tag, _ in read.tags} <= {"pre", "span"}


@given(texts)
def test_no_text_becomes_markup(text: str) -> None:
    hostile = f"<script>alert(1)</script>&amp;\"'{text}\x00\x1b\ud800"
    markup = page(hostile, element("p", hostile, title=hostile), table([hostile], [[hostile]], caption=hostile))
    read = Reader(markup)
    assert "script" not in {tag for tag, _ in read.tags}
    assert "<script" not in markup
    markup.encode()
    assert not {"\x00", "\x1b"} & set(markup)


def test_markup_passes_and_text_does_not() -> None:
    assert element("p", "a<b", element("b", "c"), class_="x", aria_label='"', hidden=None) == (
        '<p class="x" aria-label="&quot;">a&lt;b<b>c</b></p>'
    )
    assert isinstance(element("br"), Html)


def test_levels_follow_values() -> None:
    read = Reader(coloured(seen("abcd", [-2.0, 0.0, 1.0, 2.0]), titles=True))
    spans = [attributes for tag, attributes in read.tags if tag == "span"]
    assert [span.get("class") for span in spans] == ["b10", None, "r5", "r10"]
    assert spans[0]["title"] == "a  −2.000\n< 75.0%\n↵ 25.0%"


def test_a_gate_is_shown_on_its_whole_range() -> None:
    view = View(GATE, (Seen("a", 0.5), Seen("b", 0.25)))
    assert [view.share(one) for one in view.seen] == [0.5, 0.25]
    assert "update gate (mean over all units) in layer 0" in coloured_page("t", "w", view)


def test_a_unit_that_never_speaks_has_no_colour() -> None:
    assert 'class="b' not in coloured(seen("ab", [0.0, 0.0]), titles=False)


@pytest.mark.parametrize("share", [-1, 1])
@pytest.mark.parametrize("paper", [255, 21])
def test_text_can_be_read_on_the_strongest_colour(share: int, paper: int) -> None:
    """WCAG 2.1 asks for a contrast of 4.5: dark ink on the tinted light paper, light ink on the tinted dark one."""
    white = on_white(level(share))
    hue = [255 - (255 - part) / 0.65 for part in white]
    tinted = [paper + (part - paper) * 0.65 for part in hue]
    ink = (27, 29, 33) if paper == 255 else (233, 235, 238)
    brighter, darker = sorted((luminance(tinted), luminance(ink)), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5
    assert level(share) == share * LEVELS


def luminance(colour: list[float] | tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""Elements of HTML: every text is escaped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.pages.html import Html, element, table
from charnn.analysis.pages.page import page
from tests.analysis.pages.reader import Reader


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
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

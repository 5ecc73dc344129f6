"""Elements of HTML and SVG, in which every text is escaped.

A `str` is a text until `element` or `joined` has made `Html` of it; what is not `Html` is escaped where it enters an
element. Characters that a page cannot hold become their escapes in Python's notation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

# Control characters do not belong to the text of a page, and halves of surrogate pairs cannot be encoded.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_EMPTY = {"col", "meta", "rect", "line", "polyline", "path", "circle"}


class Html(str):
    """Markup."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | None) -> Html:
    """An element of HTML or SVG.

    Args:
        name: its tag.
        children: markup, which is kept as it is, and texts, which are escaped.
        attributes: those that are None are left out; `class_` means `class`, and an underscore a hyphen.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Markup and texts, one after the other."""
    return Html("".join(part if isinstance(part, Html) else _escaped(part) for part in parts))


def _escaped(text: str) -> str:
    return escape(_UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text))


def section(title: str, *content: Html) -> Html:
    """A part of a page with a heading."""
    return element("section", element("h2", title), *content)


def paragraph(*words: str) -> Html:
    """A paragraph of texts and markup."""
    return element("p", *words)


def code(text: str) -> Html:
    """Code within a sentence."""
    return element("code", text, dir="ltr")


def facts(rows: Iterable[tuple[str, str]]) -> Html:
    """A list of names and their values."""
    return element(
        "dl",
        *(joined([element("dt", name, dir="auto"), element("dd", value, dir="auto")]) for name, value in rows),
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0, caption: str = "") -> Html:
    """A table that scrolls within itself where the page is too narrow for it.

    Args:
        columns: their headings.
        rows: the cells of each; the first is the heading of the row.
        numbers: how many columns, at the end, hold numbers.
        caption: what the table shows.
    """
    texts = len(columns) - numbers

    def cell(name: str, column: int, content: str, **attributes: str) -> Html:
        return element(name, content, class_="number" if column >= texts else None, **attributes)

    head = element("tr", *(cell("th", column, heading, scope="col") for column, heading in enumerate(columns)))
    body = [
        element(
            "tr",
            cell("th", 0, row[0], scope="row", dir="auto"),
            *(cell("td", column, content, dir="auto") for column, content in enumerate(row[1:], start=1)),
        )
        for row in rows
    ]
    content = [element("caption", caption)] if caption else []
    return element(
        "div",
        element("table", *content, element("thead", head), element("tbody", *body)),
        class_="scrolls",
        tabindex="0",
        role="region",
        aria_label=caption or columns[0],
    )

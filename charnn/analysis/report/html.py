"""Pages of HTML that stand alone: no script, nothing fetched; and every text in them escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from charnn.errors import UsageError

# Control characters are no text of a page, and halves of surrogate pairs cannot be encoded.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_EMPTY = {"col", "meta", "rect", "line", "polyline", "path", "circle"}


class Html(str):
    """Markup. What is a plain `str` is a text, and is escaped where it enters an element."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | None) -> Html:
    """An element of HTML or SVG.

    Args:
        children: markup as it is, and texts, which are escaped.
        attributes: `class_` stands for `class`, an underscore for a hyphen; those that are None are left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Html(f"<{name}{given}/>")
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Markup and texts after one another."""
    return Html("".join(part if isinstance(part, Html) else _escaped(part) for part in parts))


def _escaped(text: str) -> str:
    return escape(_UNSAYABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text))


def section(title: str, *content: Html) -> Html:
    """A part of a page under its heading."""
    return element("section", element("h2", title), *content)


def paragraph(*words: str) -> Html:
    """A paragraph of texts and markup."""
    return element("p", *words)


def code(text: str) -> Html:
    """What a person types or a program reads, within a sentence."""
    return element("code", text, dir="ltr")


def facts(rows: Iterable[tuple[str, str]]) -> Html:
    """Names and what they stand for."""
    return element(
        "dl",
        *(joined([element("dt", name, dir="auto"), element("dd", value, dir="auto")]) for name, value in rows),
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0, caption: str = "") -> Html:
    """A table whose first column names its rows; the last `numbers` columns are figures. It scrolls within itself."""
    texts = len(columns) - numbers

    def cell(name: str, place: int, content: str, **attributes: str) -> Html:
        return element(name, content, class_="number" if place >= texts else None, **attributes)

    head = element("tr", *(cell("th", place, column, scope="col") for place, column in enumerate(columns)))
    body = [
        element(
            "tr",
            cell("th", 0, row[0], scope="row", dir="auto"),
            *(cell("td", place, content, dir="auto") for place, content in enumerate(row[1:], start=1)),
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


def page(title: str, *body: Html, style: str = "") -> str:
    """A whole page, for narrow and wide screens, light and dark."""
    head = joined(
        [
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", title),
            element("style", Html(_STYLE + style)),
        ]
    )
    content = element("main", element("h1", title, dir="auto"), *body)
    document = element("html", element("head", head), element("body", content), lang="en")
    return f"<!doctype html>\n{document}\n"


def check_page(path: Path) -> None:
    """Refuse at once what could not be written.

    Raises:
        UsageError: the name does not end in .html, or its folder is missing.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"a page ends in .html, and `{path}` does not")
    if not path.parent.is_dir() or path.is_dir():
        raise UsageError(f"cannot write {path}: {'it is a folder' if path.is_dir() else 'its folder is missing'}")


_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1d21; --faint: #5b616b; --rule: #d9dce1; --tint: #f3f4f6;
  --blue: #1f5fa8; --red: #b3361b; --green: #2a7238; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15171b; --ink: #e9ebee; --faint: #a5acb8; --rule: #3a3f48; --tint: #1f2228;
    --blue: #82b4ee; --red: #f29a83; --green: #86cf95; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; padding-top: .5rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p, figcaption { max-width: 46rem; }
.faint, figcaption, caption { color: var(--faint); font-size: .9rem; }
.scrolls { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: start; padding-bottom: .3rem; }
th, td { text-align: start; font-weight: normal; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: normal; }
thead th { color: var(--faint); }
.number { text-align: end; }
td.number { white-space: nowrap; }
mark { background: rgb(33 102 172 / .45); color: inherit; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 1rem; padding: .6rem .8rem;
  background: var(--tint); border-radius: .3rem; font: .9rem/1.6 ui-monospace, monospace; text-align: start; }
pre.text:dir(rtl) { font: 1.05rem/1.9 system-ui, sans-serif; }
code { font: .9em ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1rem; }
dt { color: var(--faint); }
dd { margin: 0; }
summary { cursor: pointer; }
@media (max-width: 30rem) { table { font-size: .9rem; } th, td { padding-right: .6rem; } }
"""

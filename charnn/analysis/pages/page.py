"""A whole page: its style, for narrow and wide screens, light and dark, and the file that it is written to."""

from __future__ import annotations

from pathlib import Path

from charnn.analysis.pages.html import Html, element, joined
from charnn.errors import UsageError
from charnn.storage.atomic import check_writable


def page(title: str, *body: Html, style: str = "") -> str:
    """A page that needs no other file.

    Args:
        title: its title and its heading.
        body: what follows the heading.
        style: rules of style for what the body holds.
    """
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
    """Check, before any work begins, that a page can be written into this file.

    Raises:
        UsageError: the name does not end in .html, or its folder is missing.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"a page ends in .html, and `{path}` does not")
    check_writable(path)


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

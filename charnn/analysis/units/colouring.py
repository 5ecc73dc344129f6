"""The colours of a unit or a gate: how strong one is, and a text coloured by them as HTML.

A value of −1 is the strongest blue, 0 no colour, 1 the strongest red. The colours are transparent, so that they tint a
light page and a dark one alike, and never so strong that the text on them cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from charnn.analysis.report.html import Html, element, joined, page, table
from charnn.analysis.units.view import Seen, View

LEVELS = 10
_BLUE, _RED = (33, 102, 172), (214, 56, 30)
_STRONGEST = 0.65
_PRECISION = 3


def level(share: float) -> int:
    """The nearest of the levels from −10 to 10 for a value from −1 to 1."""
    return round(share * LEVELS)


def on_white(found: int) -> tuple[int, int, int]:
    """The red, green and blue, up to 255, of a level's colour on white paper."""
    strength = _STRONGEST * abs(found) / LEVELS
    red, green, blue = (round(255 + (part - 255) * strength) for part in (_RED if found > 0 else _BLUE))
    return red, green, blue


def coloured_page(title: str, text: str, view: View) -> str:
    """A page of one text in colours; each symbol tells its value, and what is likeliest to come next.

    Args:
        text: what the text is called.
    """
    body = [element("p", f"The beginning of {text}."), legend(view), coloured(view, titles=True)]
    if view.seen[0].likeliest:
        body.append(_likeliest_table(view))
    return page(title, *body, style=style())


def coloured(view: View, *, titles: bool) -> Html:
    """A text whose symbols have the colours of their values.

    Args:
        titles: whether each symbol tells its value, and what is likeliest to come next, where it is pointed at;
            without, neighbours of the same colour are one piece of markup.
    """
    spans = _pointed_at(view) if titles else _merged(view)
    return element("pre", *spans, class_="text", dir="auto")


def legend(view: View) -> Html:
    """The scale of the colours, in words and figures."""
    lowest = 0 if view.subject.is_gate else -LEVELS
    steps = [element("span", "\u2002", class_=_class(step)) for step in range(lowest, LEVELS + 1)]
    ends = (0.0 if view.subject.is_gate else -view.largest, view.largest)
    words = [number(ends[0]), "\u2002", element("span", *steps, aria_hidden="true"), "\u2002", number(ends[1])]
    return element("p", f"{view.subject.words}:\u2002", *words, class_="faint legend")


def likeliest_words(one: Seen) -> list[str]:
    """The symbols that are likeliest to come next, each with its probability."""
    return [f"{shown(symbol)} {p:.1%}" for symbol, p in one.likeliest]


def shown(symbol: str) -> str:
    """A symbol that stands alone: blanks, joiners and control characters are made visible."""
    seen = drawn(symbol).rstrip("\n").replace(" ", "␣")
    return seen if seen.isprintable() else seen.encode("unicode_escape").decode()


def drawn(symbol: str) -> str:
    """A symbol in its line: a mark stands before the end of the line, so that its colour is seen."""
    return symbol.replace("\r", "←").replace("\n", "↵\n")


def number(value: float) -> str:
    """A figure with the minus sign that figures have."""
    return f"{value:.{_PRECISION}f}".replace("-", "−")


def style() -> str:
    """The rules of style that `coloured` needs."""
    return "".join(
        f".{_class(step)} {{ background: rgb({' '.join(map(str, _RED if step > 0 else _BLUE))} / "
        f"{_STRONGEST * abs(step) / LEVELS:.3f}); }}\n"
        for step in range(-LEVELS, LEVELS + 1)
        if step
    )


def _class(found: int) -> str | None:
    return f"{'r' if found > 0 else 'b'}{abs(found)}" if found else None


def _likeliest_table(view: View) -> Html:
    """The symbols that are likeliest to come next, for those who cannot point."""
    ranks = range(1, len(view.seen[0].likeliest) + 1)
    rows = [[shown(one.symbol), number(one.value), *likeliest_words(one)] for one in view.seen]
    found = table(["after", "value", *(f"{rank}." for rank in ranks)], rows, caption="The likeliest next symbols")
    return element("details", element("summary", "The likeliest next symbols, one by one"), found)


def _pointed_at(view: View) -> Iterable[Html]:
    for one in view.seen:
        title = "\n".join([f"{shown(one.symbol)}  {number(one.value)}", *likeliest_words(one)])
        yield element("span", drawn(one.symbol), class_=_class(level(view.share(one))), title=title)


def _merged(view: View) -> Iterable[Html]:
    for found, group in groupby(view.seen, key=lambda one: level(view.share(one))):
        text = joined(drawn(one.symbol) for one in group)
        yield element("span", text, class_=_class(found)) if found else text

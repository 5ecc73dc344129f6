"""A text in the colours of a signal, as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from charnn.analysis.pages.html import Html, element, joined, table
from charnn.analysis.pages.page import page
from charnn.analysis.units.colours import LEVELS, class_of, level_of, style
from charnn.analysis.units.symbols import shown_alone, shown_in_line
from charnn.analysis.units.view import View, value_in_words


def coloured_page(title: str, text: str, view: View) -> str:
    """A page of one text in colours; each symbol tells its value, and what is likeliest to come next.

    Args:
        title: the title of the page.
        text: what the text is called.
        view: the signal over the text.
    """
    body = [element("p", f"The beginning of {text}."), legend(view), coloured_text(view, titles=True)]
    if view.readings[0].likeliest:
        body.append(_likeliest_table(view))
    return page(title, *body, style=style())


def coloured_text(view: View, *, titles: bool) -> Html:
    """A text whose symbols have the colours of their values.

    Args:
        view: the signal over the text.
        titles: whether a symbol that is pointed at tells its value, and what is likeliest to come next; if not,
            neighbours of one colour are one piece of markup.
    """
    spans = _spans_with_titles(view) if titles else _merged_spans(view)
    return element("pre", *spans, class_="text", dir="auto")


def legend(view: View) -> Html:
    """The scale of the colours, in words and numbers."""
    lowest = 0 if view.signal.is_gate else -LEVELS
    steps = [element("span", "\u2002", class_=class_of(level)) for level in range(lowest, LEVELS + 1)]
    low, high = (value_in_words(end) for end in (0.0 if view.signal.is_gate else -view.largest, view.largest))
    scale = [low, "\u2002", element("span", *steps, aria_hidden="true"), "\u2002", high]
    return element("p", f"{view.signal.words}:\u2002", *scale, class_="faint legend")


def _likeliest_table(view: View) -> Html:
    """The symbols that are likeliest to come next, for readers who cannot point at symbols."""
    ranks = range(1, len(view.readings[0].likeliest) + 1)
    columns = ["after", "value", *(f"{rank}." for rank in ranks)]
    rows = [
        [shown_alone(reading.symbol), value_in_words(reading.value), *reading.likeliest_words]
        for reading in view.readings
    ]
    summary = element("summary", "The likeliest next symbols, one by one")
    return element("details", summary, table(columns, rows, caption="The likeliest next symbols"))


def _spans_with_titles(view: View) -> Iterable[Html]:
    for reading in view.readings:
        value = f"{shown_alone(reading.symbol)}  {value_in_words(reading.value)}"
        title = "\n".join([value, *reading.likeliest_words])
        colour = class_of(level_of(view.share(reading)))
        yield element("span", shown_in_line(reading.symbol), class_=colour, title=title)


def _merged_spans(view: View) -> Iterable[Html]:
    for level, readings in groupby(view.readings, key=lambda reading: level_of(view.share(reading))):
        text = joined(shown_in_line(reading.symbol) for reading in readings)
        yield element("span", text, class_=class_of(level)) if level else text

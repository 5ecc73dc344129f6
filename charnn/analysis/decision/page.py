"""Decisions as a page of HTML: each text in the colours of its characters' weights, and the belief below."""

from __future__ import annotations

from collections.abc import Sequence

from charnn.analysis.decision.decision import Decision
from charnn.analysis.pages.html import Html, element, table
from charnn.analysis.pages.page import page
from charnn.analysis.units.colours import class_of, level_of, style
from charnn.analysis.units.symbols import shown_alone, shown_in_line


def decisions_page(title: str, decisions: Sequence[Decision]) -> str:
    """A page that needs no other file.

    Args:
        title: its title.
        decisions: one for each text.
    """
    return page(title, *(part for decision in decisions for part in _parts(decision)), style=style())


def _parts(decision: Decision) -> list[Html]:
    answer, label = decision.labels[decision.answer], decision.labels[decision.label]
    belief = decision.beliefs[-1, decision.answer]
    return [
        element("p", f"{answer}, with a belief of {belief:.3f}. Blue speaks for {label}, red against it."),
        _coloured(decision),
        _beliefs(decision),
    ]


def _coloured(decision: Decision) -> Html:
    """The text; each character tells its weight and the belief after it."""
    largest = max(float(abs(decision.weights).max()), 1e-12)
    spans = []
    for symbol, weight, beliefs in zip(decision.symbols, decision.weights, decision.beliefs, strict=True):
        leader = int(beliefs.argmax())
        words = f"{shown_alone(symbol)}  {weight:+.3f}\n{decision.labels[leader]} {beliefs[leader]:.3f}"
        colour = class_of(level_of(float(weight) / largest))
        spans.append(element("span", shown_in_line(symbol), class_=colour, title=words))
    return element("pre", *spans, class_="text", dir="auto")


def _beliefs(decision: Decision) -> Html:
    """The belief after each character, for readers who cannot point at them."""
    rows = [
        [shown_alone(symbol), f"{weight:+.3f}", decision.labels[leader], f"{beliefs[leader]:.3f}"]
        for symbol, weight, leader, beliefs in zip(
            decision.symbols, decision.weights, decision.leaders(), decision.beliefs, strict=True
        )
    ]
    summary = element("summary", "The belief, character by character")
    columns = ["after", "weight", "likeliest", "belief"]
    return element("details", summary, table(columns, rows, caption="The belief after each character"))

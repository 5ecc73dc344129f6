"""The confusion of labels as a part of a page: a table whose cells are the darker, the more of a row they hold."""

from __future__ import annotations

from charnn.analysis.pages.html import Html, element, joined
from charnn.analysis.units import colours
from charnn.evaluation.examples import Confusion

NO_ANSWER = "nothing"
"""What the column of texts is called that could not be read."""


def confusion_table(confusion: Confusion) -> Html:
    """The right label by row, the answer by column; right answers red, wrong ones blue."""
    labels, counts = confusion.labels, confusion.shown
    columns = [*labels, NO_ANSWER][: counts.shape[1]]
    head = element("tr", *(element("th", name, scope="col", dir="auto") for name in ["right ↓ said →", *columns]))
    rows = []
    for number, (label, row) in enumerate(zip(labels, counts.tolist(), strict=True)):
        cells = [
            element("td", f"{count:,}" if count else "", class_=_classes(count, sum(row), right=number == column))
            for column, count in enumerate(row)
        ]
        rows.append(element("tr", element("th", label, scope="row", dir="auto"), *cells))
    table = element("table", element("thead", head), element("tbody", joined(rows)))
    return element("div", table, class_="scrolls", tabindex="0", role="region", aria_label="confusion of labels")


def _classes(count: int, total: int, *, right: bool) -> str:
    level = colours.level_of(count / total) if total else 0
    colour = colours.class_of(level if right else -level)
    return "number" if colour is None else f"number {colour}"

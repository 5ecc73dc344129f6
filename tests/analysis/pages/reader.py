"""Reads markup back."""

from __future__ import annotations

from html.parser import HTMLParser


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

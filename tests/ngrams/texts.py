"""Texts for tests, as readers."""

from __future__ import annotations

from typing import Any

from charnn.data.text.levels import Level
from charnn.data.text.reader import Reader
from charnn.data.text.text import Text


def reader_of(text: str, level: Level, **options: Any) -> Reader:
    return Reader(Text.from_bytes("text", text.encode()), level, **options)

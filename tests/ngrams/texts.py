"""Texts for tests, as streams and readers."""

from __future__ import annotations

import io
from typing import Any

from charnn.data.sources.stream import Stream
from charnn.data.text.reader import Reader


def reader_of(text: str, level: str, **options: Any) -> Reader:
    data = text.encode()
    return Reader(Stream("text", io.BytesIO(data), len(data)), level, **options)

"""`charnn bench corpus`: how fast a text is encoded into the cache, and opened from it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from charnn.benchmarking.harness import Contender, measure
from charnn.configuration.units import Unit
from charnn.data.sources.cache import encoded
from charnn.data.sources.corpora import cache_folder
from charnn.data.sources.opening import open_text
from charnn.data.text.text import Text


def time_corpus(text: Text, size: int, unit: Unit, rounds: int) -> list[dict[str, Any]]:
    """The rows of one text: hashed, encoded and written to the cache, and then found there.

    Args:
        text: the text.
        size: how many bytes it is repeated to.
        unit: its unit.
        rounds: how often each contender is timed.
    """
    with tempfile.TemporaryDirectory() as folder, _cache_in(Path(folder)):
        large = Path(folder) / "large.txt"
        large.write_bytes(text.data * -(-size // len(text.data)))

        def open_it() -> None:
            with open_text(str(large)) as opened:
                encoded(opened, unit, "utf-8", "none")

        def encode() -> None:
            for path in (cache_folder() / "encoded").glob("*.ids"):
                path.unlink()
            open_it()

        timings = measure([Contender("encode", encode, 0), Contender("open again", open_it, 0)], rounds)
        return [
            {"text": text.name, "unit": unit, "bytes": large.stat().st_size, **timing.row()}
            | {"megabytes_per_second": large.stat().st_size / 1e3 / timing.row()["milliseconds"]}
            for timing in timings
        ]


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Put the cache into a folder of its own."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before

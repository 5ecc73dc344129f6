"""Cells that charnn does not have, with something that none of its own has: a file each, as any new cell is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import charnn.cells

OTHERS = ("squared",)
UNUSUAL = (*OTHERS, "min-gru", "peephole-lstm")
"""Cells without a recurrent matrix, or with weights of their own."""


@contextmanager
def others() -> Iterator[None]:
    """Let charnn find them, as if their files were in its own folder."""
    folder = str(Path(__file__).parent)
    charnn.cells.__path__.append(folder)
    try:
        yield
    finally:
        charnn.cells.__path__.remove(folder)

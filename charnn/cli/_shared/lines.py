"""Lines of a stream, as many at a time as there are: a file in large pieces, a person's line at once."""

from __future__ import annotations

import codecs
import os
import select
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

_PIECE = 1 << 16
MOST_LINES = 1024
PATIENCE = 0.05
"""So many seconds are waited for more lines, once there is one."""


def to_utf8(encoding: str) -> Callable[[bytes], bytes]:
    """What recodes a stream, piece by piece; what it cannot read becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    return lambda piece: decoder.decode(piece).encode()


def lines_of(stream: BinaryIO, recode: Callable[[bytes], bytes] = bytes) -> Iterator[list[bytes]]:
    """The lines of a stream without their ends (LF, or CR LF), in lists of at most 1,024.

    A list is handed on as soon as no more comes for 50 ms.

    Args:
        stream: the stream.
        recode: what is done with each piece first, so that the end of a line is one byte.
    """
    lines: list[bytes] = []
    rest = b""
    waiting_since = time.monotonic()
    descriptor = stream.fileno()
    while True:
        if lines:
            left = max(0.0, PATIENCE - (time.monotonic() - waiting_since))
            if len(lines) >= MOST_LINES or not select.select([descriptor], [], [], left)[0]:
                yield lines[:MOST_LINES]
                lines = lines[MOST_LINES:]
                continue
        piece = os.read(descriptor, _PIECE)
        if not piece:
            break
        *whole, rest = (rest + recode(piece)).split(b"\n")
        if whole and not lines:
            waiting_since = time.monotonic()
        lines += [line.removesuffix(b"\r") for line in whole]
    lines += [rest] if rest else []
    for begin in range(0, len(lines), MOST_LINES):
        yield lines[begin : begin + MOST_LINES]

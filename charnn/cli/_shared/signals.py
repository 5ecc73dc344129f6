"""Ctrl-C and its like: a first signal asks a long piece of work to stop, a second ends it."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType
from typing import Self

_ONE_SIGNAL = 5.0
"""Seconds within which a second signal is the first one, passed on."""


class StopSignals:
    """Catches the signals that ask to stop, for as long as it is entered."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._at = 0.0

    def __enter__(self) -> Self:
        self._handlers = {number: signal.signal(number, self._receive) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        # `torchrun` passes on the signal that the processes of a terminal get anyway: that is not a second one.
        if self.received is not None and now - self._at > (_ONE_SIGNAL if "WORLD_SIZE" in os.environ else 0):
            sys.exit(128 + number)
        self.received, self._at = number, now

"""Ctrl-C, SIGTERM and SIGHUP: a first signal asks a long piece of work to stop, a second ends it.

A signal that was ignored at the start stays ignored: `nohup` asks for that.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType
from typing import Self

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ONE_SIGNAL = 5.0
"""Seconds within which a second signal is the first one, passed on."""


class StopSignals:
    """Catches the signals that ask to stop, for as long as it is entered."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._at = 0.0

    def __enter__(self) -> Self:
        caught = [number for number in _CAUGHT if signal.getsignal(number) is not signal.SIG_IGN]
        self._handlers = {number: signal.signal(number, self._receive) for number in caught}
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

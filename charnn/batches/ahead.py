"""The batches of a loader, which may be seen before it is their turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

from charnn.batches.batch import Batch
from charnn.batches.loader import Loader


class _Seen(NamedTuple):
    batch: Batch
    place: dict[str, Any]
    begins_a_pass: bool


class Ahead:
    """What a loader makes from its place on. Its place stays that of the upcoming batch, however many were seen."""

    def __init__(self, loader: Loader) -> None:
        """Nothing is seen but the upcoming batch."""
        self._loader, self._batches = loader, loader.batches()
        self._seen: deque[_Seen] = deque()
        self._see()

    @property
    def upcoming(self) -> Batch:
        """The next one."""
        return self._seen[0].batch

    def of_this_pass(self) -> Iterator[Batch]:
        """The upcoming batch, and those behind it up to the end of the pass."""
        yield self.upcoming
        for number in count(1):
            if number == len(self._seen):
                self._see()
            if self._seen[number].begins_a_pass:
                return
            yield self._seen[number].batch

    def move_on(self, done: int) -> None:
        """Leave so many batches behind."""
        for _ in range(done):
            self._seen.popleft()
        if not self._seen:
            self._see()
        self._loader.go_to(self._seen[0].place)

    def _see(self) -> None:
        batch, loader = next(self._batches), self._loader
        self._seen.append(_Seen(batch, loader.place(), loader.begins_a_pass))
        loader.go_to(self._seen[0].place)

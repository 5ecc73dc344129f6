"""What a network reads for its units to be looked at: a running text, or the rows of a table one after another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charnn.analysis.units.activity import Activity
from charnn.analysis.units.correlation import Values
from charnn.analysis.units.following import Follower, find_followers
from charnn.analysis.units.properties import PROPERTIES
from charnn.analysis.units.signals import Signal
from charnn.analysis.units.stepped import stepped
from charnn.analysis.units.symbols import symbols_of
from charnn.analysis.units.view import Reading, View, view_of
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.inference.decoder import Decoder

if TYPE_CHECKING:  # a report is made without torch
    from charnn.analysis.encoders import EncoderSpecimen


class Text(ABC):
    """Something that was read.

    Attributes:
        name: what messages call it.
        network: what reads it.
        vocabulary: the symbols that it is made of.
    """

    name: str
    network: Any
    vocabulary: Vocabulary

    @abstractmethod
    def stretches(self, symbols: int) -> Iterator[Activity]:
        """What the network does while it reads the first so many symbols, or all that there are."""

    @abstractmethod
    def measured(self, symbols: int) -> dict[str, Values]:
        """The numbers of every property for the first so many symbols."""

    @abstractmethod
    def view(self, signal: Signal, symbols: int, top: int = 0) -> View:
        """A signal over the first so many symbols, with the likeliest next ones."""

    def followers(self, properties: Mapping[str, object], symbols: int, count: int) -> dict[str, list[Follower]]:
        """The units that follow each property best over the first so many symbols (see `find_followers`)."""
        measured = {name: values for name, values in self.measured(symbols).items() if name in properties}
        return find_followers(self.stretches(symbols), measured, count)


@dataclass(frozen=True)
class RunningText(Text):
    """A text that a decoder reads from its first symbol to its last.

    Attributes:
        network: the decoder, of torch or of `charnn.inference`, which tells no gates.
        ids: the text.
    """

    name: str
    network: Any
    vocabulary: Vocabulary
    ids: Ids

    def stretches(self, symbols: int) -> Iterator[Activity]:
        """See `Text`."""
        ids = self.ids[:symbols]
        if isinstance(self.network, Decoder):
            return stepped(self.network, ids)
        from charnn.analysis.units.traced import activity

        return activity(self.network, ids)

    def measured(self, symbols: int) -> dict[str, Values]:
        """See `Text`."""
        names = symbols_of(self.vocabulary, self.ids[:symbols])
        return {key: own.measure(names) for key, own in PROPERTIES.items()}

    def view(self, signal: Signal, symbols: int, top: int = 0) -> View:
        """See `Text`."""
        names = symbols_of(self.vocabulary, self.ids[:symbols])
        return view_of(self.stretches(symbols), names, self.vocabulary, signal, top)


class Rows(Text):
    """Rows that an encoder reads, each from a state of zeros; each is a line."""

    def __init__(self, specimen: EncoderSpecimen) -> None:
        """The rows of a specimen."""
        self.name, self.network, self.vocabulary = specimen.text, specimen.stack, specimen.vocabulary
        self._specimen = specimen

    def stretches(self, symbols: int) -> Iterator[Activity]:
        """See `Text`."""
        from charnn.analysis.units.traced import activity_of_rows

        return activity_of_rows(self.network, self._rows(symbols))

    def measured(self, symbols: int) -> dict[str, Values]:
        """See `Text`: the ends of rows count as ends of lines, and are left out afterwards."""
        lines = [[*symbols_of(self.vocabulary, row), "\n"] for row in self._rows(symbols)]
        names = [name for line in lines for name in line]
        own = np.array([place < len(line) - 1 for line in lines for place in range(len(line))], dtype=bool)
        return {key: one.measure(names)[own] for key, one in PROPERTIES.items()}

    def view(self, signal: Signal, symbols: int, top: int = 0) -> View:
        """See `Text`: an encoder expects no next symbol."""
        rows = self._rows(symbols)
        names = [name for row in rows for name in symbols_of(self.vocabulary, row)]
        readings = iter(view_of(self.stretches(symbols), names, self.vocabulary, signal).readings)
        lines = [[*(next(readings) for _ in row), Reading("\n", 0.0)] for row in rows]
        return View(signal, tuple(reading for line in lines for reading in line))

    def _rows(self, symbols: int) -> list[Ids]:
        """The first rows, of so many symbols together; the last one is whole."""
        found: list[Ids] = []
        for row in self._specimen.rows:
            if symbols <= 0:
                break
            found.append(self._specimen.read(int(row)))
            symbols -= len(found[-1])
        return found

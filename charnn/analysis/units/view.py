"""A signal over a text: its value at each symbol, and the symbols that are likeliest to come next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.units.activity import activity
from charnn.analysis.units.signals import Signal
from charnn.analysis.units.symbols import shown_alone, symbol_names, symbols_of
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.networks.decoder import Decoder

_DECIMALS = 3


@dataclass(frozen=True)
class Reading:
    """A symbol of a text, and what the network made of it.

    Attributes:
        symbol: the symbol.
        value: of the signal, once the symbol has been read.
        likeliest: the symbols that may come next and their probabilities, the likeliest first.
    """

    symbol: str
    value: float
    likeliest: tuple[tuple[str, float], ...] = ()

    @property
    def likeliest_words(self) -> list[str]:
        """The symbols that are likeliest to come next, each with its probability."""
        return [f"{shown_alone(symbol)} {p:.1%}" for symbol, p in self.likeliest]


@dataclass(frozen=True)
class View:
    """A signal over a text."""

    signal: Signal
    readings: tuple[Reading, ...]

    @cached_property
    def largest(self) -> float:
        """The value that is shown strongest: 1 for a gate, the largest on either side of 0 for a state."""
        return 1.0 if self.signal.is_gate else max(abs(reading.value) for reading in self.readings) or 1.0

    def share(self, reading: Reading) -> float:
        """A value from −1 to 1, for a gate from 0 to 1."""
        return reading.value / self.largest


def view_of(network: Decoder, vocabulary: Vocabulary, ids: Ids, signal: Signal, top: int = 0) -> View:
    """Follow a signal while a network reads a text.

    Args:
        network: the network.
        vocabulary: its symbols.
        ids: the text, of at least one symbol.
        signal: what is followed.
        top: how many of the likeliest next symbols to give for each symbol.
    """
    names = symbol_names(vocabulary)
    symbols = iter(symbols_of(vocabulary, ids))
    readings = []
    for stretch in activity(network, ids):
        values = signal.values(stretch.layers[signal.layer])
        best = np.argsort(-stretch.logits, axis=1, kind="stable")[:, :top]
        p = np.take_along_axis(_softmax(stretch.logits), best, axis=1)
        for value, numbers, probabilities in zip(values, best, p, strict=True):
            likeliest = tuple((names[number], float(p)) for number, p in zip(numbers, probabilities, strict=True))
            readings.append(Reading(next(symbols), float(value), likeliest))
    return View(signal, tuple(readings))


def value_in_words(value: float) -> str:
    """A value, with the minus sign of printed numbers."""
    return f"{value:.{_DECIMALS}f}".replace("-", "−")


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.exp(logits - logits.max(1, keepdims=True))
    softened: NDArray[np.float64] = p / p.sum(1, keepdims=True)
    return softened

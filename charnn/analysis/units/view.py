"""A signal over a text: its value at each symbol, and the symbols that are likeliest to come next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.units.activity import Activity
from charnn.analysis.units.signals import Signal
from charnn.analysis.units.symbols import shown_alone, symbol_names
from charnn.data.text.vocabulary import Vocabulary

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


def view_of(
    stretches: Iterable[Activity], symbols: Sequence[str], vocabulary: Vocabulary, signal: Signal, top: int = 0
) -> View:
    """Follow a signal while a network reads a text.

    Args:
        stretches: what it did.
        symbols: the symbols of the text, at least one.
        vocabulary: the symbols that may come next.
        signal: what is followed.
        top: how many of the likeliest next symbols to give for each symbol.
    """
    names = symbol_names(vocabulary)
    following = iter(symbols)
    readings = []
    for stretch in stretches:
        values = signal.values(stretch.layers[signal.layer])
        best = np.argsort(-stretch.logits, axis=1, kind="stable")[:, :top]
        p = np.take_along_axis(_softmax(stretch.logits), best, axis=1)
        for value, numbers, probabilities in zip(values, best, p, strict=True):
            likeliest = tuple((names[number], float(p)) for number, p in zip(numbers, probabilities, strict=True))
            readings.append(Reading(next(following), float(value), likeliest))
    return View(signal, tuple(readings))


def value_in_words(value: float) -> str:
    """A value, with the minus sign of printed numbers."""
    return f"{value:.{_DECIMALS}f}".replace("-", "−")


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.exp(logits - logits.max(1, keepdims=True, initial=-np.inf))
    softened: NDArray[np.float64] = p / p.sum(1, keepdims=True)
    return softened

"""One unit or one gate over a text: a number for each symbol, and the symbols that are likeliest to come next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.units.activity import Layer, activity, gates_of, symbols_of
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import UsageError, one_of
from charnn.networks.decoder import Decoder

GATES = {"update": "u", "reset": "r", "forget": "f", "output": "o"}


@dataclass(frozen=True)
class Subject:
    """What is looked at: a unit of a part of the state, or a gate (of one unit, or the mean over all).

    Attributes:
        layer: counted from 0.
        part: a part of the state; None where it is a gate.
        gate: a gate by its letter; None where it is a part of the state.
        unit: counted from 0; None: the mean over all units of the gate.
    """

    layer: int
    part: str | None
    gate: str | None
    unit: int | None

    @property
    def is_gate(self) -> bool:
        """Whether its values lie between 0 (shut) and 1 (open); a state's lie on both sides of 0."""
        return self.gate is not None

    @property
    def words(self) -> str:
        """What messages call it."""
        if self.gate is None:
            return f"{self.part} of unit {self.unit} in layer {self.layer}"
        name = {letter: name for name, letter in GATES.items()}.get(self.gate, self.gate)
        which = "mean over all units" if self.unit is None else f"unit {self.unit}"
        return f"{name} gate ({which}) in layer {self.layer}"

    def values(self, layer: Layer) -> NDArray[np.float64]:
        """(N,) its values, out of what its layer did."""
        found = layer.states[self.part] if self.part is not None else layer.gates[self.gate or ""]
        return found.mean(1) if self.unit is None else found[:, self.unit]


@dataclass(frozen=True)
class Seen:
    """A symbol of a text, as the network saw it.

    Attributes:
        value: of the unit or the gate, once the symbol had been read.
        likeliest: the symbols that may come next and their probabilities, the likeliest first.
    """

    symbol: str
    value: float
    likeliest: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class View:
    """A text through one unit or gate."""

    subject: Subject
    seen: tuple[Seen, ...]

    @cached_property
    def largest(self) -> float:
        """The value that is shown strongest: 1 for a gate, the largest on either side of 0 for a state."""
        return 1.0 if self.subject.is_gate else max(abs(one.value) for one in self.seen) or 1.0

    def share(self, one: Seen) -> float:
        """A symbol's value from −1 to 1, for a gate from 0 to 1."""
        return one.value / self.largest


def find_subject(
    network: Decoder,
    layer: int | None = None,
    part: str | None = None,
    gate: str | None = None,
    unit: int | None = None,
) -> Subject:
    """What is meant, of what the network has: the last layer and the part `h` where none is named.

    Raises:
        UsageError: the network has no such layer, part, gate or unit.
    """
    cells = network.layers
    number = len(cells) - 1 if layer is None else layer
    if number >= len(cells):
        raise UsageError(f"there is no layer {number}: the network's layers are 0 to {len(cells) - 1}")
    cell = cells[number]
    if unit is not None and unit >= cell.hidden:
        raise UsageError(f"there is no unit {unit}: the units of a layer are 0 to {cell.hidden - 1}")
    if gate is None:
        part = part or "h"
        if part not in cell.state_parts:
            raise UsageError(f"the state of {cell.name} has no part `{part}`{one_of(part, cell.state_parts)}")
        if unit is None:
            raise UsageError("name a unit")
        return Subject(number, part, None, unit)
    if part is not None:
        raise UsageError(f"a gate is no part of the state: leave out the gate or the part `{part}`")
    letter, known = GATES.get(gate, gate), gates_of(cell)
    if letter not in known:
        have = [name for name, own in GATES.items() if own in known]
        raise UsageError(
            f"{cell.name} has no gate `{gate}`{one_of(gate, have)}" if known else f"{cell.name} has no gates at all"
        )
    return Subject(number, None, letter, unit)


def view(network: Decoder, vocabulary: Vocabulary, ids: Ids, subject: Subject, top: int = 0) -> View:
    """Look at a text through one unit or gate.

    Args:
        ids: the text, of one symbol or more.
        top: how many of the likeliest next symbols to give for each.
    """
    names = [_name(symbol, vocabulary.unit) for symbol in vocabulary.symbols]
    symbols = iter(symbols_of(vocabulary, ids))
    seen = []
    for stretch in activity(network, ids):
        values = subject.values(stretch.layers[subject.layer])
        best = np.argsort(-stretch.logits, axis=1, kind="stable")[:, :top]
        p = np.take_along_axis(_softmax(stretch.logits), best, axis=1)
        for value, numbers, probabilities in zip(values, best, p, strict=True):
            likeliest = tuple((names[number], float(p)) for number, p in zip(numbers, probabilities, strict=True))
            seen.append(Seen(next(symbols), float(value), likeliest))
    return View(subject, tuple(seen))


def _name(symbol: bytes, unit: str) -> str:
    """A symbol that stands alone; a byte that is no character by its number."""
    return f"0x{symbol[0]:02x}" if unit == "byte" and symbol[0] > 127 else symbol.decode()


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.exp(logits - logits.max(1, keepdims=True))
    softened: NDArray[np.float64] = p / p.sum(1, keepdims=True)
    return softened

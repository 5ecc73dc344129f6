"""Signals: one unit of a part of the state, or a gate, of one layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.units.activity import LayerActivity
from charnn.errors import UsageError, one_of

if TYPE_CHECKING:  # a report is made without torch
    from charnn.cells import Cell
    from charnn.networks.stack import Stack

GATES = {"update": "u", "reset": "r", "forget": "f", "output": "o"}


@dataclass(frozen=True)
class Signal:
    """A unit of a part of the state, or a gate: that of one unit, or the mean over all.

    Attributes:
        layer: counted from 0.
        part: a part of the state; None for a gate.
        gate: a gate by its letter; None for a part of the state.
        unit: counted from 0; None for the mean over all units of the gate.
    """

    layer: int
    part: str | None
    gate: str | None
    unit: int | None

    @property
    def is_gate(self) -> bool:
        """Whether its values lie between 0 (closed) and 1 (open); those of a state lie on both sides of 0."""
        return self.gate is not None

    @property
    def words(self) -> str:
        """What messages call it."""
        if self.gate is None:
            return f"{self.part} of unit {self.unit} in layer {self.layer}"
        name = {letter: name for name, letter in GATES.items()}.get(self.gate, self.gate)
        which = "mean over all units" if self.unit is None else f"unit {self.unit}"
        return f"{name} gate ({which}) in layer {self.layer}"

    def values(self, activity: LayerActivity) -> NDArray[np.float64]:
        """(N,) its values, from what its layer did."""
        units = activity.states[self.part] if self.part is not None else activity.gates[self.gate or ""]
        return units.mean(1) if self.unit is None else units[:, self.unit]


def find_signal(
    network: Stack,
    layer: int | None = None,
    part: str | None = None,
    gate: str | None = None,
    unit: int | None = None,
) -> Signal:
    """The signal of a network that is meant.

    Args:
        network: the network.
        layer: counted from 0; the last one if none is named.
        part: a part of the state; `h` if none is named.
        gate: a gate, by its name or its letter, instead of a part of the state.
        unit: counted from 0; of a gate it may be left out.

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
    if gate is not None:
        if part is not None:
            raise UsageError(f"a gate is not a part of the state: leave out the gate or the part `{part}`")
        return Signal(number, None, _letter_of(cell, gate), unit)
    part = part or "h"
    if part not in cell.state_parts:
        raise UsageError(f"the state of {cell.name} has no part `{part}`{one_of(part, cell.state_parts)}")
    if unit is None:
        raise UsageError("name a unit")
    return Signal(number, part, None, unit)


def _letter_of(cell: Cell, gate: str) -> str:
    from charnn.analysis.units.traced import gates_of

    letter, known = GATES.get(gate, gate), gates_of(cell)
    if not known:
        raise UsageError(f"{cell.name} has no gates at all")
    if letter not in known:
        names = [name for name, own in GATES.items() if own in known]
        raise UsageError(f"{cell.name} has no gate `{gate}`{one_of(gate, names)}")
    return letter

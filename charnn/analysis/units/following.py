"""Which units follow a property of a text: those that correlate with it most.

A unit is chosen on the first half of a text and measured on the second half, which had no part in the choice: the best
of many units always looks better than it is where it was chosen. For a property that holds or does not hold, the AUC is
that of the unit's value, with its sign turned where the correlation is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.units.activity import Activity
from charnn.analysis.units.correlation import CorrelationSums, Values, area_under_curve, correlation
from charnn.analysis.units.properties import PROPERTIES
from charnn.errors import InputError

_FEWEST = 4


@dataclass(frozen=True)
class Follower:
    """A unit, and how well it follows a property.

    Attributes:
        layer: the layer, counted from 0.
        part: the part of the state, `h` or `c`.
        unit: the unit, counted from 0.
        correlation: on the first half of the text, where it was chosen.
        held_out: the correlation on the second half; None where the property is constant there.
        auc: on the second half; None where the property is not binary, or is constant there.
    """

    layer: int
    part: str
    unit: int
    correlation: float
    held_out: float | None = None
    auc: float | None = None


class _Column(NamedTuple):
    """Where a unit is."""

    layer: int
    part: str
    unit: int


def find_followers(
    stretches: Iterable[Activity], properties: Mapping[str, Values], count: int
) -> dict[str, list[Follower]]:
    """The units that follow each property best, the best first; none where a property never changes.

    Args:
        stretches: what the network did over a text of N symbols.
        properties: (N,) numbers each, by the names of the properties.
        count: how many units to give for each.

    Raises:
        InputError: the text is too short to be halved.
    """
    symbols = min(map(len, properties.values()))
    if symbols < _FEWEST:
        raise InputError(f"{symbols} symbols are too few to choose units on one half and measure them on the other")
    half = symbols // 2
    sums = CorrelationSums(np.stack(list(properties.values())))
    chosen: dict[str, list[Follower]] = {}
    later: dict[str, list[NDArray[np.float64]]] = {name: [] for name in properties}
    for stretch in stretches:
        columns = _columns(stretch)
        border = min(max(half - stretch.start, 0), len(stretch.logits))
        values = _values(stretch)
        sums.add(stretch.start, values[:border])
        if border < len(values):
            chosen = chosen or _choose(sums, list(properties), columns, count)
            for name, units in chosen.items():
                own = [columns.index(_Column(unit.layer, unit.part, unit.unit)) for unit in units]
                later[name].append(values[border:, own])
    return {
        name: _measured(units, np.concatenate(later[name]), properties[name][half:], PROPERTIES[name].binary)
        for name, units in chosen.items()
    }


def _columns(stretch: Activity) -> list[_Column]:
    """Every unit of every part of every layer."""
    return [
        _Column(number, part, unit)
        for number, layer in enumerate(stretch.layers)
        for part, values in layer.states.items()
        for unit in range(values.shape[1])
    ]


def _values(stretch: Activity) -> NDArray[np.float64]:
    """(N, M) the values of the M columns."""
    return np.concatenate([values for layer in stretch.layers for values in layer.states.values()], axis=1)


def _choose(
    sums: CorrelationSums, names: Sequence[str], columns: Sequence[_Column], count: int
) -> dict[str, list[Follower]]:
    chosen = {}
    for name, row in zip(names, sums.correlations(), strict=True):
        strength = np.where(np.isnan(row), 0.0, np.abs(row))
        best = [int(column) for column in np.argsort(-strength, kind="stable")[:count] if strength[column] > 0]
        chosen[name] = [Follower(*columns[column], correlation=float(row[column])) for column in best]
    return chosen


def _measured(units: Sequence[Follower], values: NDArray[np.float64], y: Values, binary: bool) -> list[Follower]:
    return [
        replace(
            unit,
            held_out=correlation(column, y),
            auc=area_under_curve(np.sign(unit.correlation) * column, y > 0) if binary else None,
        )
        for unit, column in zip(units, values.T, strict=True)
    ]

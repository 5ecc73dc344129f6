"""Which units follow a property of a text: those that correlate with it most.

    r = Σ_t (v_t − v̄)(y_t − ȳ) / √(Σ_t (v_t − v̄)² Σ_t (y_t − ȳ)²),  v a unit's value, y the property

A unit is chosen on the first half of a text and measured on the second, which had no part in the choice: the best of
many units always looks better than it is where it was chosen. For a property that holds or does not, the AUC is the
probability that the unit tells a symbol inside from one outside,

    AUC = P(v_inside > v_outside) + ½ P(v_inside = v_outside),

with the sign of v turned where the correlation is negative (Mann & Whitney, "On a test of whether one of two random
variables is stochastically larger than the other", 1947).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.units.activity import Activity, activity
from charnn.analysis.units.properties import PROPERTIES, Values
from charnn.data.text.units import Ids
from charnn.errors import InputError
from charnn.networks.decoder import Decoder

_FEWEST = 4
# A variance below this share of the mean square is rounding: the values are all the same.
_ROUNDING = 1e-12


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


def find_followers(
    network: Decoder, ids: Ids, properties: Mapping[str, Values], count: int
) -> dict[str, list[Follower]]:
    """The units that follow each property best, the best first; none where a property never changes.

    Args:
        properties: by their names, (N,) numbers for the N symbols of the text.
        count: how many units to give for each.

    Raises:
        InputError: the text is too short to be halved.
    """
    if len(ids) < _FEWEST:
        raise InputError(f"{len(ids)} symbols are too few to choose units on one half and measure them on the other")
    half = len(ids) // 2
    sums = _Sums(np.stack(list(properties.values())))
    chosen: dict[str, list[Follower]] = {}
    later: dict[str, list[NDArray[np.float64]]] = {name: [] for name in properties}
    for stretch in activity(network, ids):
        columns = _columns(stretch)
        border = min(max(half - stretch.start, 0), len(stretch.logits))
        values = _side_by_side(stretch)
        sums.add(stretch.start, values[:border])
        if border < len(values):
            chosen = chosen or _choose(sums, list(properties), columns, count)
            for name, units in chosen.items():
                places = [columns.index((unit.layer, unit.part, unit.unit)) for unit in units]
                later[name].append(values[border:, places])
    return {
        name: _measured(units, np.concatenate(later[name]), properties[name][half:], PROPERTIES[name].binary)
        for name, units in chosen.items()
    }


def correlation(x: Values, y: Values) -> float | None:
    """The correlation of two series; None where one of them is constant."""
    sums = _Sums(y[None, :])
    sums.add(0, x[:, None])
    found = float(sums.correlations()[0, 0])
    return None if np.isnan(found) else found


def area_under_curve(values: Values, inside: NDArray[np.bool_]) -> float | None:
    """The probability that a value inside is larger than one outside; None where all lie on one side."""
    positives = int(inside.sum())
    negatives = len(inside) - positives
    if not positives or not negatives:
        return None
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    # Equal values share the mean of their ranks.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[inside].sum() - positives * (positives + 1) / 2) / (positives * negatives))


class _Sums:
    """What the correlations of M columns with P properties need, added up stretch by stretch."""

    def __init__(self, properties: NDArray[np.float64]) -> None:
        self.properties = properties
        self.count = 0
        self.x: NDArray[np.float64] = np.zeros(1)
        self.xx: NDArray[np.float64] = np.zeros(1)
        self.xy: NDArray[np.float64] = np.zeros(1)

    def add(self, start: int, values: NDArray[np.float64]) -> None:
        """Take (N, M) values of the symbols from `start` on."""
        y = self.properties[:, start : start + len(values)]
        self.count = start + len(values) if len(values) else self.count
        self.x = self.x + values.sum(0)
        self.xx = self.xx + (values**2).sum(0)
        self.xy = self.xy + y @ values

    def correlations(self) -> NDArray[np.float64]:
        """(P, M) correlations; not a number where a series is constant."""
        y = self.properties[:, : self.count]
        spread_x = self.xx / self.count - (self.x / self.count) ** 2
        spread_x[spread_x <= _ROUNDING * self.xx / self.count] = np.nan
        spread_y = y.var(1)
        spread_y[spread_y <= _ROUNDING * (y**2).mean(1)] = np.nan
        shared = self.xy / self.count - y.mean(1)[:, None] * (self.x / self.count)
        found: NDArray[np.float64] = shared / np.sqrt(spread_y[:, None] * spread_x)
        return found


def _columns(stretch: Activity) -> list[tuple[int, str, int]]:
    """The layer, part and unit of each column of `_side_by_side`."""
    return [
        (number, part, unit)
        for number, layer in enumerate(stretch.layers)
        for part, values in layer.states.items()
        for unit in range(values.shape[1])
    ]


def _side_by_side(stretch: Activity) -> NDArray[np.float64]:
    """(N, M) every unit of every part of every layer."""
    return np.concatenate([values for layer in stretch.layers for values in layer.states.values()], axis=1)


def _choose(
    sums: _Sums, names: list[str], columns: list[tuple[int, str, int]], count: int
) -> dict[str, list[Follower]]:
    chosen = {}
    for name, row in zip(names, sums.correlations(), strict=True):
        strength = np.where(np.isnan(row), 0.0, np.abs(row))
        best = [int(place) for place in np.argsort(-strength, kind="stable")[:count] if strength[place] > 0]
        chosen[name] = [Follower(*columns[place], correlation=float(row[place])) for place in best]
    return chosen


def _measured(units: list[Follower], values: NDArray[np.float64], y: Values, binary: bool) -> list[Follower]:
    return [
        replace(
            unit,
            held_out=correlation(column, y),
            auc=area_under_curve(np.sign(unit.correlation) * column, y > 0) if binary else None,
        )
        for unit, column in zip(units, values.T, strict=True)
    ]

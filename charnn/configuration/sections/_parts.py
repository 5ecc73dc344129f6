"""The parts that a section chooses from a family, found by their names."""

from __future__ import annotations

from typing import Any

from charnn.configuration.families import Family, family
from charnn.configuration.types import Part

CELLS, STRATEGIES = "charnn.cells.CELLS", "charnn.bptt.strategies.STRATEGIES"
AVERAGES = "charnn.training.averages.AVERAGES"
ENGINES = "charnn.bptt.engines.ENGINES"


def part_of(path: str, name: str) -> Part:
    """The part of that name, with its default keys, of the family of a dotted name such as `charnn.cells.CELLS`.

    Raises:
        UsageError: there is no such part.
    """
    part: Part = schema_of(family(path), name)()
    return part


def default_cell(name: str) -> Part:
    """The options of the cell of that name, all at their defaults.

    Raises:
        UsageError: there is no such cell.
    """
    return part_of(CELLS, name)


def schema_of(parts: Family[Any], name: str) -> type[Any]:
    """The keys of a part: the class of the part itself, or the `Options` that its constructor takes.

    Raises:
        UsageError: there is no such part.
    """
    part = parts.load(name)
    schema: type[Any] = getattr(part, "Options", part)
    return schema

"""The check that this charnn and a compiled library lay their structures out alike."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Array, Structure, c_char_p, c_double, c_int64
from typing import Any, NamedTuple

from charnn.kernels.structures import STRUCTURES


class LayoutError(ImportError):
    """The structures of a library differ from those of this charnn."""


class _Field(Structure):
    """`Field` of layout.hpp."""

    _fields_ = (
        ("structure", c_char_p),
        ("name", c_char_p),
        ("kind", c_char_p),
        ("offset", c_int64),
        ("size", c_int64),
    )


class _Place(NamedTuple):
    """What a field holds and where it lies, in bytes."""

    kind: str
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.size} bytes ({self.kind}) at {self.offset}"


def check_layout(functions: ctypes.CDLL) -> None:
    """Compare the structures of a library with these, field by field, without calling any of its functions.

    Raises:
        LayoutError: a structure or one of its fields differs.
    """
    theirs, ours = _layout_of(functions), _layout()
    # Fields come before the structures themselves, so that an error names a field where it can.
    for structure, field in sorted({**theirs, **ours}, key=lambda names: not names[1]):
        there, here = (layout.get((structure, field)) for layout in (theirs, ours))
        if there != here:
            name = f"the field `{field}` of {structure}" if field else f"the structure {structure}"
            raise LayoutError(
                f"does not fit this charnn: {name} takes {there or 'no bytes'} there, {here or 'no bytes'} here: "
                "install charnn again"
            )


def _layout() -> dict[tuple[str, str], _Place]:
    """Where each field of the structures lies, by the names of both; a structure itself has no field's name."""
    layout = {}
    for structure in STRUCTURES:
        for name, kind, *_ in structure._fields_:
            place = getattr(structure, name)
            layout[structure.__name__, name] = _Place(_kind(kind), place.offset, place.size)
        layout[structure.__name__, ""] = _Place("structure", 0, ctypes.sizeof(structure))
    return layout


def _kind(field: Any) -> str:
    of_one = field._type_ if issubclass(field, Array) else field
    return {c_int64: "integer", c_double: "number"}.get(of_one, "pointer")


def _layout_of(functions: ctypes.CDLL) -> dict[tuple[str, str], _Place]:
    """The same of a library."""
    try:
        field = POINTER(_Field).in_dll(functions, "charnn_layout")
    except ValueError:
        raise LayoutError("does not say how its structures lie: install charnn again") from None
    layout = {}
    number = 0
    while (found := field[number]).structure is not None:
        place = _Place(found.kind.decode(), found.offset, found.size)
        layout[found.structure.decode(), found.name.decode()] = place
        number += 1
    return layout

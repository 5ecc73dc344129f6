"""The structures that the compiled code reads and writes.

`source/arguments.hpp` declares each of them too, and explains every field; `layout` holds both to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_int64, c_void_p
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # text is drawn and scored without torch
    from torch import Tensor

MOST_PARTS = 2
"""No state has more parts than h and c."""

_Parts = c_void_p * MOST_PARTS


class _Arguments(Structure):
    """What `filled` fills."""

    alive: object
    """The tensors whose addresses it holds."""


class WindowArguments(_Arguments):
    """A cell over a window."""

    _fields_ = (
        ("steps", c_int64),
        ("lanes", c_int64),
        ("hidden", c_int64),
        ("symbols", c_int64),
        ("ends", c_void_p),
        ("rows", c_void_p),
        ("bias", c_void_p),
        ("ids", c_void_p),
        ("weights", c_void_p),
        ("start", _Parts),
        ("output", c_void_p),
        ("last", _Parts),
        ("saved", c_void_p),
        ("multiplied", c_void_p),
        ("xi_lanes", c_int64),
        ("xi", c_void_p),
        ("doutput", c_void_p),
        ("dlast", _Parts),
        ("drows", c_void_p),
        ("dstart", _Parts),
        ("dweights", c_void_p),
    )


class OutputArguments(_Arguments):
    """The output layer and its loss."""

    _fields_ = (
        ("rows", c_int64),
        ("hidden", c_int64),
        ("symbols", c_int64),
        ("h", c_void_p),
        ("weights", c_void_p),
        ("bias", c_void_p),
        ("targets", c_void_p),
        ("row_weights", c_void_p),
        ("dlogits", c_void_p),
        ("loss", c_void_p),
        ("gradient", c_double),
        ("dh", c_void_p),
        ("dweights", c_void_p),
        ("dbias", c_void_p),
    )


class LayerArguments(_Arguments):
    """One cell of a network that text is drawn from."""

    _fields_ = (
        ("cell", c_char_p),
        ("inputs", c_int64),
        ("hidden", c_int64),
        ("input_weights", c_void_p),
        ("bias", c_void_p),
        ("weights", c_void_p),
        ("state", _Parts),
    )


MIX = CFUNCTYPE(None, c_int64, c_int64)
"""Called with a step and a lane, before a symbol is drawn."""


class SamplerArguments(_Arguments):
    """A network, and how symbols are drawn from it."""

    _fields_ = (
        ("layers", c_int64),
        ("lanes", c_int64),
        ("steps", c_int64),
        ("symbols", c_int64),
        ("layer", POINTER(LayerArguments)),
        ("output_weights", c_void_p),
        ("output_bias", c_void_p),
        ("logits", c_void_p),
        ("uniforms", c_void_p),
        ("drawn", c_void_p),
        ("temperature", c_double),
        ("top_k", c_int64),
        ("top_p", c_double),
        ("mix", MIX),
    )


class ProjectionArguments(_Arguments):
    """Inputs that are not one-hot, projected."""

    _fields_ = (
        ("rows", c_int64),
        ("inputs", c_int64),
        ("columns", c_int64),
        ("x", c_void_p),
        ("weights", c_void_p),
        ("y", c_void_p),
        ("dy", c_void_p),
        ("dx", c_void_p),
        ("dweights", c_void_p),
    )


class ElementwiseArguments(_Arguments):
    """A sum or a product of two arrays, or the sum of the rows of one."""

    _fields_ = (
        ("rows", c_int64),
        ("columns", c_int64),
        ("first", c_void_p),
        ("second", c_void_p),
        ("to", c_void_p),
    )


class GatherArguments(_Arguments):
    """Some rows of an array, in an order of their own."""

    _fields_ = (
        ("rows", c_int64),
        ("columns", c_int64),
        ("from_rows", c_int64),
        ("places", c_void_p),
        ("from", c_void_p),
        ("to", c_void_p),
        ("dto", c_void_p),
        ("dfrom", c_void_p),
    )


class MaskArguments(_Arguments):
    """Numbers that are 0 with a probability."""

    _fields_ = (("of_weights", c_int64), ("count", c_int64), ("rate", c_double), ("to", c_void_p))


class NoiseArguments(_Arguments):
    """The masks of a window, and what their random numbers are seeded with."""

    _fields_ = (
        ("seed", c_int64),
        ("words", c_int64 * 3),
        ("count", c_int64),
        ("masks", POINTER(MaskArguments)),
    )


class SymbolsArguments(_Arguments):
    """Symbols, and which of their one-hot vectors are left out."""

    _fields_ = (
        ("steps", c_int64),
        ("lanes", c_int64),
        ("symbols", c_int64),
        ("of_window", c_int64),
        ("ids", c_void_p),
        ("mask", c_void_p),
        ("read", c_void_p),
    )


class ClipArguments(_Arguments):
    """The gradients of a network, and the bounds that they are clipped to."""

    _fields_ = (
        ("count", c_int64),
        ("gradients", c_void_p),
        ("lengths", c_void_p),
        ("norm", c_double),
        ("value", c_double),
        ("norm_before", c_void_p),
        ("changed", c_void_p),
    )


class RuleArguments(_Arguments):
    """The rule of an optimiser."""

    _fields_ = (
        ("rule", c_int64),
        ("count", c_int64),
        ("weights", c_void_p),
        ("gradients", c_void_p),
        ("first", c_void_p),
        ("second", c_void_p),
        ("steps", c_void_p),
        ("lengths", c_void_p),
        ("decay", c_void_p),
        ("rate", c_double),
        ("momentum", c_double),
        ("epsilon", c_double),
        ("fade", c_double * 2),
    )


class CheckArguments(_Arguments):
    """Numbers that have to be finite."""

    _fields_ = (("count", c_int64), ("numbers", c_void_p))


class Call(Structure):
    """One call of a kernel."""

    _fields_ = (
        ("kernel", c_int64),
        ("precision", c_int64),
        ("cell", c_int64),
        ("threads", c_int64),
        ("arguments", c_void_p),
    )


STRUCTURES: tuple[type[Structure], ...] = (
    WindowArguments,
    OutputArguments,
    LayerArguments,
    SamplerArguments,
    ProjectionArguments,
    ElementwiseArguments,
    GatherArguments,
    MaskArguments,
    NoiseArguments,
    SymbolsArguments,
    ClipArguments,
    RuleArguments,
    CheckArguments,
    Call,
)

Numbers: TypeAlias = "Tensor | NDArray[Any]"
"""A tensor of torch on the CPU, or an array of NumPy."""

Lent: TypeAlias = "Numbers | Sequence[Numbers | None] | None"
"""Numbers, those of the parts of a state, or nothing."""

Written: TypeAlias = "Numbers | Sequence[Numbers]"

Arguments = TypeVar("Arguments", bound=_Arguments)


def filled(
    structure: type[Arguments],
    reads: Mapping[str, Lent],
    writes: Mapping[str, Written],
    **values: Any,
) -> Arguments:
    """A structure with the addresses of numbers, which live as long as it does.

    Args:
        structure: which one. Fields that are not named are 0 or null.
        reads: what is read, by field; None becomes null. Numbers that are not dense are copied.
        writes: what is written, by field: dense numbers.
        values: everything else, by field.
    """
    dense: list[Lent] = []
    for name, lent in reads.items():
        if isinstance(lent, (list, tuple)):
            lent = [None if part is None else _dense(part) for part in lent]
            values[name] = _addresses(lent)
        elif lent is not None:
            lent = _dense(cast(Numbers, lent))
            values[name] = address_of(lent)
        dense.append(lent)
    for name, lent in writes.items():
        values[name] = _addresses(lent) if isinstance(lent, (list, tuple)) else address_of(cast(Numbers, lent))
    made = structure(**values)
    made.alive = dense, writes
    return made


def address_of(numbers: Numbers) -> int:
    """Where the first number lies."""
    return numbers.ctypes.data if isinstance(numbers, np.ndarray) else numbers.data_ptr()


def _dense(numbers: Numbers) -> Numbers:
    return np.ascontiguousarray(numbers) if isinstance(numbers, np.ndarray) else numbers.contiguous()


def _addresses(parts: Sequence[Numbers | None]) -> tuple[int | None, ...]:
    return tuple([None if part is None else address_of(part) for part in parts])

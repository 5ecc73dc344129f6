"""Structures for the compiled code, filled with the addresses of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from charnn.kernels.structures import Arguments

if TYPE_CHECKING:  # text is drawn and scored without torch
    from torch import Tensor

Numbers: TypeAlias = "Tensor | NDArray[Any]"
"""A tensor of torch on the CPU, or an array of NumPy."""

Lent: TypeAlias = "Numbers | Sequence[Numbers | None] | None"
"""Numbers, those of the parts of a state, or nothing."""

Written: TypeAlias = "Numbers | Sequence[Numbers]"

Filled = TypeVar("Filled", bound=Arguments)


def filled(
    structure: type[Filled],
    reads: Mapping[str, Lent],
    writes: Mapping[str, Written],
    **values: Any,
) -> Filled:
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

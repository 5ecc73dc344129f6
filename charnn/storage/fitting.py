"""Whether the weights of a file are those of a model: names, shapes, and numbers that are finite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.errors import DivergedError, RunError


def check_fit(expected: Mapping[str, tuple[int, ...]], arrays: Mapping[str, NDArray[Any]], source: str) -> None:
    """Compare weights with a model.

    Args:
        expected: the shape of each parameter of the model, by its name.
        arrays: the weights.
        source: what messages call them.

    Raises:
        RunError: names or shapes differ.
        DivergedError: they hold numbers that are not finite, from which nothing true can be computed.
    """
    found = {name: array.shape for name, array in arrays.items()}
    if dict(expected) != found:
        wrong = [f"{name} should have shape {shape}, not {found.get(name, 'be missing')}"
                 for name, shape in expected.items() if found.get(name) != shape]  # fmt: skip
        wrong += [f"{name} has no place in this model" for name in found if name not in expected]
        raise RunError(f"{source} does not fit the model: {'; '.join(wrong)}")
    if any(array.dtype.kind != "f" for array in arrays.values()):
        raise RunError(f"{source} does not fit the model: its numbers are not floating-point")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise DivergedError(f"{source} has diverged: `{name}` holds numbers that are not finite")

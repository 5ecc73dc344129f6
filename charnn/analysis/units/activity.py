"""What every unit and every gate of a network did while it read a text.

N symbols · H hidden units · V symbols in the vocabulary
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids
from charnn.errors import DivergedError

PIECES, STEPS = 16, 256
"""A text is read in stretches of so many pieces of so many steps."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LayerActivity:
    """What one layer did: (N, H) numbers for each part of its state and each of its gates, by name."""

    states: dict[str, Array]
    gates: dict[str, Array]


@dataclass(frozen=True)
class Activity:
    """What a network did over a stretch of N symbols of a text.

    Attributes:
        start: where in the text the stretch begins.
        layers: from the characters to the logits.
        logits: (N, V) of the symbol after each; (N, 0) of a network that expects none.
    """

    start: int
    layers: tuple[LayerActivity, ...]
    logits: Array

    @property
    def stop(self) -> int:
        """Where it ends."""
        return self.start + len(self.logits)

    def checked(self) -> Activity:
        """The same.

        Raises:
            DivergedError: a state or a logit is not finite.
        """
        if all(np.isfinite(values).all() for values in (self.logits, *(layer.states["h"] for layer in self.layers))):
            return self
        where = f"symbols {self.start} to {self.stop - 1}"
        raise DivergedError(f"the model's weights have diverged: a state at {where} is not finite")


def stretches(ids: Ids) -> Iterator[tuple[int, list[NDArray[np.int64]]]]:
    """A text in stretches: where each begins, and its pieces, the last of which may be shorter."""
    for start in range(0, len(ids), PIECES * STEPS):
        stretch = ids[start : start + PIECES * STEPS].astype(np.int64)
        yield start, [stretch[begin : begin + STEPS] for begin in range(0, len(stretch), STEPS)]

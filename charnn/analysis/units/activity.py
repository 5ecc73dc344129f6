"""What every unit and every gate of a network did while it read a text.

N symbols · H hidden units · V symbols in the vocabulary
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

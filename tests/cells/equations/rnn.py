from __future__ import annotations

import numpy as np

from tests.cells.equations import Vector, Weights


def step(w: Weights, h: Vector) -> tuple[Vector, ...]:
    return (np.tanh(w.gate("h", h)),)

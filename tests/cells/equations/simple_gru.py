from __future__ import annotations

import numpy as np

from tests.cells.equations import Vector, Weights, sigma


def step(w: Weights, h: Vector) -> tuple[Vector, ...]:
    u = sigma(w.gate("u", h))
    return (u * np.tanh(w.gate("h", h)) + (1 - u) * h,)

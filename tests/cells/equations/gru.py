from __future__ import annotations

import numpy as np

from tests.cells.equations import Vector, Weights, sigma


def step(w: Weights, h: Vector) -> tuple[Vector, ...]:
    u, r = sigma(w.gate("u", h)), sigma(w.gate("r", h))
    return (u * np.tanh(w.gate("h", r * h)) + (1 - u) * h,)

from __future__ import annotations

import numpy as np

from tests.cells.equations import Vector, Weights, sigma


def step(w: Weights, h: Vector, c: Vector) -> tuple[Vector, ...]:
    u, f, o = sigma(w.gate("u", h)), sigma(w.gate("f", h)), sigma(w.gate("o", h))
    c = u * np.tanh(w.gate("c", h)) + f * c
    return o * np.tanh(c), c

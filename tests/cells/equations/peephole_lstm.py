"""Gers & Schmidhuber, 2000: input and forget gate see the memory before the step, the output gate that after it."""

from __future__ import annotations

import numpy as np

from tests.cells.equations import Vector, Weights, sigma


def step(w: Weights, h: Vector, c: Vector) -> tuple[Vector, ...]:
    u, f = sigma(w.gate("u", h) + w["p_u"] * c), sigma(w.gate("f", h) + w["p_f"] * c)
    c = u * np.tanh(w.gate("c", h)) + f * c
    return sigma(w.gate("o", h) + w["p_o"] * c) * np.tanh(c), c

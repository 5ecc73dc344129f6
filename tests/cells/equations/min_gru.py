"""Feng et al., 2024: neither the gate nor the candidate sees h."""

from __future__ import annotations

from tests.cells.equations import Vector, Weights, sigma


def step(w: Weights, h: Vector) -> tuple[Vector, ...]:
    u = sigma(w.gate("u"))
    return (u * w.gate("h") + (1 - u) * h,)

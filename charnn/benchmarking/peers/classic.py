"""The classic minimal character RNN in NumPy: plain loops, Adagrad, clipping at ±5.

It has 100 hidden units and reads one lane from left to right, in windows of 25. At the first step, and whenever
position + 26 ≥ the length of the text, it goes back to the start and resets its state. Weights start as N(0, 0.01²),
biases as 0; the loss is summed over the window; every gradient is clipped to ±5 by value; Adagrad has a rate of 0.1 and
1e-8 inside the root. The smoothed loss starts at −ln(1/V)·25 and takes 0.001 of each new loss.

It is a contender in benchmarks and an oracle in tests; nothing in charnn runs on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.text.units import Ids

Matrix = NDArray[Any]

RATE, CLIP, EPSILON = 0.1, 5.0, 1e-8


@dataclass
class ClassicProgram:
    """The program between two of its iterations. Vectors are columns here."""

    ids: Ids
    vocabulary: int
    hidden: int = 100
    window: int = 25
    seed: int = 1
    dtype: type = np.float64
    position: int = 0
    steps: int = 0
    weights: dict[str, Matrix] = field(init=False)
    memory: dict[str, Matrix] = field(init=False)
    h: Matrix = field(init=False)
    smoothed_loss: float = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        shapes = {
            "W_hx": (self.hidden, self.vocabulary),
            "W_hh": (self.hidden, self.hidden),
            "W_qh": (self.vocabulary, self.hidden),
        }
        self.weights = {name: random.normal(0, 0.01, shape).astype(self.dtype) for name, shape in shapes.items()}
        self.weights["b_h"] = np.zeros((self.hidden, 1), self.dtype)
        self.weights["b_q"] = np.zeros((self.vocabulary, 1), self.dtype)
        self.memory = {name: np.zeros_like(weight) for name, weight in self.weights.items()}
        self.h = np.zeros((self.hidden, 1), self.dtype)
        self.smoothed_loss = -math.log(1.0 / self.vocabulary) * self.window

    def step(self) -> float:
        """One iteration; returns the loss, summed over its window."""
        if self.steps == 0 or self.position + self.window + 1 >= len(self.ids):
            self.h = np.zeros_like(self.h)
            self.position = 0
        inputs = self.ids[self.position : self.position + self.window]
        targets = self.ids[self.position + 1 : self.position + self.window + 1]
        loss, gradients = self._loss(inputs, targets)
        self.smoothed_loss = self.smoothed_loss * 0.999 + loss * 0.001
        for name, gradient in gradients.items():
            np.clip(gradient, -CLIP, CLIP, out=gradient)
            self.memory[name] += gradient * gradient
            self.weights[name] -= RATE * gradient / np.sqrt(self.memory[name] + EPSILON)
        self.position += self.window
        self.steps += 1
        return loss

    def _loss(self, inputs: Ids, targets: Ids) -> tuple[float, dict[str, Matrix]]:
        w = self.weights
        x, h, p = [], [self.h], []
        loss = 0.0
        for character, target in zip(inputs, targets, strict=True):
            one_hot: Matrix = np.zeros((self.vocabulary, 1), self.dtype)
            one_hot[character] = 1
            x.append(one_hot)
            h.append(np.tanh(w["W_hx"] @ one_hot + w["W_hh"] @ h[-1] + w["b_h"]))
            exponentials = np.exp(w["W_qh"] @ h[-1] + w["b_q"])
            p.append(exponentials / np.sum(exponentials))
            loss -= math.log(p[-1][target, 0])
        gradients = {name: np.zeros_like(weight) for name, weight in w.items()}
        dh_next = np.zeros_like(self.h)
        for t in reversed(range(len(inputs))):
            do = p[t].copy()
            do[targets[t]] -= 1
            gradients["W_qh"] += do @ h[t + 1].T
            gradients["b_q"] += do
            da = (1 - h[t + 1] ** 2) * (w["W_qh"].T @ do + dh_next)
            gradients["b_h"] += da
            gradients["W_hx"] += da @ x[t].T
            gradients["W_hh"] += da @ h[t].T
            dh_next = w["W_hh"].T @ da
        self.h = h[-1]
        return loss, gradients

"""Dropout in a program of kernels, which draws the masks anew at each run (see `charnn.networks.dropout`).

T time steps · B lanes
"""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from charnn.configuration.sections import Model
from charnn.kernels.program import Program, Value
from charnn.kernels.program.extents import Extent
from charnn.networks.dropout import Noise


class RecordedDropout:
    """What is left out, drawn in the order of `Dropout`."""

    def __init__(self, options: Model, program: Program) -> None:
        """Nothing is masked yet.

        Args:
            options: the rates.
            program: takes the kernels.
        """
        self.options, self.program = options, program
        self._weights: dict[Value, Value] = {}
        self._of_window: dict[object, Tensor] = {}

    def seed(self, noise: Noise) -> None:
        """What the masks of the next window are drawn from."""
        of_weights = noise.words_of_weights if self._weights else [0, 0, 0]
        self.program.masks.seed(noise.seed_of_lanes, of_weights)

    def weights(self, W_h: Value) -> Value:
        """The recurrent weights of a layer in a window, in however many pieces it is read."""
        rate = self.options.recurrent_dropout
        if not rate:
            return W_h
        if W_h not in self._weights:
            mask = self.program.masks.of_weights(torch.empty_like(W_h.numbers), rate)
            self._weights[W_h] = self.program.masked(W_h, mask)
        return self._weights[W_h]

    def symbols(self, W_x: Value, ids: Int[Tensor, "T B"], extent: Extent | None) -> tuple[Int[Tensor, "T B"], Value]:
        """The ids of one-hot vectors and the rows that they take: a vector that is dropped takes a row of zeros."""
        rate, like = self.options.input_dropout, W_x.numbers
        if not rate:
            return ids, W_x
        (steps, lanes), symbols = ids.shape, len(like)
        mask = self._mask(W_x, rate, Value(like.new_empty(steps, lanes), extent=extent), (lanes, symbols))
        whole = self.program.masked(W_x, torch.full_like(like, 1 / (1 - rate)), further_rows=1)
        of_window = self.options.dropout_masks == "window"
        return self.program.left_out(ids, mask, symbols, extent, of_window=of_window), whole

    def inputs(self, W_x: Value, x: Value) -> Value:
        """The vectors that the bottom layer reads, where they are not one-hot."""
        return self._dropped(W_x, x, self.options.input_dropout)

    def between(self, W_x: Value, x: Value) -> Value:
        """What a layer, whose input weights W_x are, reads of the one below it."""
        return self._dropped(W_x, x, self.options.dropout)

    def output(self, h: Value) -> Value:
        """What the output layer reads of the top layer."""
        return self._dropped("output", h, self.options.output_dropout)

    def _dropped(self, place: object, x: Value, rate: float) -> Value:
        return self.program.masked(x, self._mask(place, rate, x, tuple(x.numbers.shape[1:]))) if rate else x

    def _mask(self, place: object, rate: float, of_steps: Value, of_window: tuple[int, ...]) -> Tensor:
        """A fresh mask a step, or one for a window, in however many pieces it is read."""
        masks, like = self.program.masks, of_steps.numbers
        if self.options.dropout_masks == "step":
            return masks.of_lanes(torch.empty_like(like), rate, of_steps.count(1))
        if place not in self._of_window:
            self._of_window[place] = masks.of_lanes(like.new_empty(of_window), rate)
        return self._of_window[place]

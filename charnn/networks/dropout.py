"""Dropout: what a network leaves out while it learns from one window.

    x ← m ⊙ x / (1 − p)      W_h ← M ⊙ W_h / (1 − p)

m and M are zeros and ones, each of them 0 with probability p, the rate. Because what stays is divided by 1 − p, the
expectation of every product, for a given x or h_{t−1}, is that of the whole network.

    what is dropped                      key                     source
    the outputs of a lower layer         `dropout`               Zaremba, Sutskever & Vinyals, 2014
    the outputs of the top layer         `output_dropout`        Zaremba, Sutskever & Vinyals, 2014
    the inputs of the bottom layer       `input_dropout`         Gal & Ghahramani, 2016
    recurrent weights (DropConnect)      `recurrent_dropout`     Merity, Keskar & Socher, 2018

A mask of weights serves all steps and lanes of a window. The other masks are fresh ones at each step, or, with
`dropout_masks: window`, one a lane for the whole window (Gal & Ghahramani, 2016).

T time steps · B lanes · D inputs · H hidden units
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from random import Random

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.batches.batch import Batch
from charnn.cells import Cell
from charnn.configuration.sections import Model
from charnn.kernels.program import Program, Value

_SIXTEEN_BITS = 1 << 16

Inputs = Float[Tensor, "T B D"] | Int[Tensor, "T B"]


class Noise:
    """Random numbers for one window, the same in whatever number of processes it is read."""

    def __init__(self, seed: int, step: int, batch: Batch, device: torch.device) -> None:
        """The numbers of a step of a training.

        Args:
            seed: of the training.
            step: how many updates were done.
            batch: what is read, in which lanes.
            device: where they are drawn.
        """
        self.lanes, self.own = batch.lanes, batch.own
        self._seed, self._step, self._device = seed, step, device

    @cached_property
    def _of_lanes(self) -> torch.Generator:
        seed = Random(f"{self._seed} dropout {self._step}").getrandbits(62)
        return torch.Generator(self._device).manual_seed(seed)

    @cached_property
    def _of_weights(self) -> np.random.SFC64:
        return np.random.SFC64([self._seed, self._step])

    def of_lanes(self, steps: int, like: Tensor, *width: int) -> Tensor:
        """(steps, own lanes, *width) numbers between 0 and 1, out of those that are drawn for all lanes."""
        shape = (steps, self.lanes, *width)
        drawn = torch.rand(shape, generator=self._of_lanes, device=like.device, dtype=like.dtype)
        return drawn if len(self.own) == self.lanes else drawn[:, self.own.start : self.own.stop]

    def of_weights(self, like: Tensor, rate: float) -> Tensor:
        """A mask for weights: 0 where one is dropped, else 1 / (1 − p), where p is the rate to 16 bits.

        Sixteen bits a weight: to draw whole numbers takes a small network as long as all else.
        """
        count = like.numel()
        drawn = self._of_weights.random_raw(-(-count // 4)).view(np.uint16)[:count]
        dropped = round(rate * _SIXTEEN_BITS)
        # NumPy turns truth values into numbers three times as fast as torch.
        kept = torch.from_numpy((drawn >= dropped).astype(np.float32)).to(like.device, like.dtype)
        return kept.mul_(1 / (1 - dropped / _SIXTEEN_BITS)).view(like.shape)


class Dropout:
    """The masks of one window.

    Attributes:
        options: the rates.
        noise: what the masks are drawn from.
    """

    def __init__(self, options: Model, noise: Noise) -> None:
        """No mask is drawn yet."""
        self.options, self.noise = options, noise
        self._cells: dict[Cell, Cell] = {}
        self._masks: dict[object, Tensor] = {}

    def entered(self, x: Inputs, cells: Sequence[Cell]) -> tuple[Inputs, list[Cell]]:
        """What the bottom layer reads, and the cells with the weights that they have in this window.

        Args:
            x: ids of one-hot vectors, or vectors.
            cells: the cells, from the bottom up.
        """
        bottom, *above = [self._with_dropped_weights(cell) for cell in cells]
        rate = self.options.input_dropout
        if rate and x.is_floating_point():
            x = self._dropped(x, rate, cells[0])
        elif rate:
            kept = self._kept_symbols(x, rate, cells[0])
            # Of a one-hot vector its one is dropped or stays: a step without it reads a further row, of zeros.
            rows = torch.cat((bottom.W_x / (1 - rate), bottom.W_x.new_zeros(1, bottom.W_x.shape[1])))
            x, bottom = torch.where(kept, x, len(bottom.W_x)), bottom.with_weights(W_x=rows)
        return x, [bottom, *above]

    def between(self, x: Float[Tensor, "T B H"], cell: Cell) -> Float[Tensor, "T B H"]:
        """What a cell reads of the layer below it."""
        return self._dropped(x, self.options.dropout, cell)

    def output(self, h: Float[Tensor, "T B H"]) -> Float[Tensor, "T B H"]:
        """What the output layer reads of the top layer."""
        return self._dropped(h, self.options.output_dropout, "output")

    def _with_dropped_weights(self, cell: Cell) -> Cell:
        """The cell with its recurrent weights dropped; diagonal ones are not."""
        rate = self.options.recurrent_dropout
        if not rate:
            return cell
        if cell not in self._cells:  # a window may be read in several pieces
            names = [*(["W_h"] if cell.recurrent else []), *(own.name for own in cell.weights if not own.diagonal)]
            whole = {name: getattr(cell, name) for name in names}
            dropped = {name: W * self.noise.of_weights(W, rate) for name, W in whole.items()}
            self._cells[cell] = cell.with_weights(**dropped)
        return self._cells[cell]

    def _dropped(self, x: Float[Tensor, "T B N"], rate: float, place: object) -> Float[Tensor, "T B N"]:
        if not rate:
            return x
        if self.options.dropout_masks == "step":
            return x * _kept(self.noise.of_lanes(len(x), x, x.shape[-1]), rate) / (1 - rate)
        if place not in self._masks:
            self._masks[place] = _kept(self.noise.of_lanes(1, x, x.shape[-1]), rate) / (1 - rate)
        return x * self._masks[place]

    def _kept_symbols(self, ids: Int[Tensor, "T B"], rate: float, cell: Cell) -> Tensor:
        """(T, B) whether the one of each one-hot vector stays."""
        if self.options.dropout_masks == "step":
            return self.noise.of_lanes(len(ids), cell.W_x) >= rate
        if cell not in self._masks:
            self._masks[cell] = self.noise.of_lanes(1, cell.W_x, len(cell.W_x))[0] >= rate
        return self._masks[cell].gather(1, ids.t()).t()


def _kept(uniform: Tensor, rate: float) -> Tensor:
    """1 where something stays, else 0, in the place of the numbers that say so: products with truth values are slow."""
    return uniform.ge_(rate)


class RecordedDropout:
    """The same in a program of kernels: masks that `draw` draws anew before each run, in the order of `Dropout`."""

    def __init__(self, options: Model, program: Program) -> None:
        """Nothing is masked yet.

        Args:
            options: the rates.
            program: takes the kernels.
        """
        self.options, self.program = options, program
        self._draws: list[Callable[[Noise], object]] = []
        self._weights: dict[int, Value] = {}
        self._of_window: dict[object, Tensor] = {}

    def draw(self, noise: Noise) -> None:
        """Draw the masks of a window."""
        for draw in self._draws:
            draw(noise)

    def weights(self, layer: int, W_h: Value) -> Value:
        """The recurrent weights of a layer in a window, in however many pieces it is read."""
        rate = self.options.recurrent_dropout
        if not rate:
            return W_h
        if layer not in self._weights:
            mask = torch.empty_like(W_h.numbers)
            self._draws.append(lambda noise: mask.copy_(noise.of_weights(mask, rate)))
            self._weights[layer] = self.program.masked(W_h, mask)
        return self._weights[layer]

    def inputs(self, ids: Int[Tensor, "T B"], rows: Value) -> tuple[Int[Tensor, "T B"], Value]:
        """The ids of one-hot vectors and the rows that they take: a vector that is dropped takes a row of zeros."""
        rate, like = self.options.input_dropout, rows.numbers
        if not rate:
            return ids, rows
        read, symbols = torch.empty_like(ids), len(like)

        def take(uniform: Tensor) -> None:
            read.copy_(torch.where(uniform >= rate, ids, symbols))

        if self.options.dropout_masks == "step":
            self._draws.append(lambda noise: take(noise.of_lanes(len(ids), like)))
        else:
            drawn = self._for_window("inputs", like.new_empty(1, ids.shape[1], symbols))
            self._draws.append(lambda _: take(drawn[0].gather(1, ids.t()).t()))
        return read, self.program.masked(rows, torch.full_like(like, 1 / (1 - rate)), further_rows=1)

    def between(self, layer: int, x: Value) -> Value:
        """What a layer reads of the one below it."""
        return self._dropped(layer, x, self.options.dropout)

    def output(self, h: Value) -> Value:
        """What the output layer reads of the top layer."""
        return self._dropped("output", h, self.options.output_dropout)

    def _dropped(self, place: object, x: Value, rate: float) -> Value:
        if not rate:
            return x
        mask = torch.empty_like(x.numbers)
        steps, lanes, width = mask.shape
        if self.options.dropout_masks == "step":
            self._draws.append(lambda noise: _put(mask, noise.of_lanes(steps, mask, width), rate))
        else:
            drawn = self._for_window(place, mask.new_empty(1, lanes, width))
            self._draws.append(lambda _: _put(mask, drawn.expand(steps, -1, -1).clone(), rate))
        return self.program.masked(x, mask)

    def _for_window(self, place: object, numbers: Tensor) -> Tensor:
        """Uniform numbers that are drawn once for a window, in however many pieces it is read."""
        if place not in self._of_window:
            self._of_window[place] = numbers
            self._draws.append(lambda noise: numbers.copy_(noise.of_lanes(1, numbers, numbers.shape[-1])))
        return self._of_window[place]


def _put(mask: Tensor, uniform: Tensor, rate: float) -> None:
    mask.copy_(_kept(uniform, rate)).div_(1 - rate)

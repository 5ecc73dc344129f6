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

from collections.abc import Sequence
from functools import cached_property, lru_cache
from random import Random

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.batches.batch import Batch
from charnn.cells import Cell
from charnn.configuration.sections import Model
from charnn.kernels.program.masks import SIXTEEN_BITS

_AT_ONCE = 64

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

    @property
    def seed_of_lanes(self) -> int:
        """What the numbers for lanes are drawn from, by torch's generator."""
        return _seeds_of_lanes(self._seed, self._step // _AT_ONCE)[self._step % _AT_ONCE]

    @property
    def words_of_weights(self) -> list[int]:
        """What the numbers for weights are drawn from, by NumPy's SFC64."""
        return _words_of_weights(self._seed, self._step // _AT_ONCE)[self._step % _AT_ONCE]

    @cached_property
    def _of_lanes(self) -> torch.Generator:
        return torch.Generator(self._device).manual_seed(self.seed_of_lanes)

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
        dropped = round(rate * SIXTEEN_BITS)
        # NumPy turns truth values into numbers three times as fast as torch.
        kept = torch.from_numpy((drawn >= dropped).astype(np.float32)).to(like.device, like.dtype)
        return kept.mul_(1 / (1 - dropped / SIXTEEN_BITS)).view(like.shape)


@lru_cache(maxsize=4)
def _seeds_of_lanes(seed: int, block: int) -> list[int]:
    """Those of neighbouring steps at once: one by one they take as long as all else that a small network needs."""
    return [Random(f"{seed} dropout {step}").getrandbits(62) for step in _steps(block)]


@lru_cache(maxsize=4)
def _words_of_weights(seed: int, block: int) -> list[list[int]]:
    seeds = (np.random.SeedSequence([seed, step]) for step in _steps(block))
    return [words.generate_state(3, np.uint64).tolist() for words in seeds]


def _steps(block: int) -> range:
    return range(block * _AT_ONCE, (block + 1) * _AT_ONCE)


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

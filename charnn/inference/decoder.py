"""A stack of cells with an output layer over the symbols that it reads, read by kernels.

    o_t = W_qh h_t + b_q

T time steps · B lanes · V symbols · H hidden units
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from charnn.inference.products import Floats, product
from charnn.inference.stack import Cell, Stack, States
from charnn.kernels.sampler import Layer, Network


class Decoder(Stack):
    """What `charnn.networks.decoder.Decoder` is, without gradients.

    Attributes:
        W_q: (H, V), and `b_q` (V): the output layer.
    """

    def __init__(
        self, cells: list[Cell], embedding: Floats | None, W_q: Floats, b_q: Floats, *, residual: bool
    ) -> None:
        """A decoder of these cells and this output layer; see `Stack`."""
        super().__init__(cells, embedding, residual=residual)
        self.W_q, self.b_q = W_q, b_q

    @property
    def border(self) -> int:
        """The symbol that a text of its own begins and ends with, where it has one: the last."""
        return len(self.b_q) - 1

    def logits(self, ids: NDArray[np.int64], states: States) -> tuple[Floats, States]:
        """(T, B, V) the logits of what comes after each of (T, B) symbols, and the state after the last one."""
        h, states = self.read(ids, states)
        return self.logits_of(h.reshape(-1, h.shape[-1])).reshape(*ids.shape, -1), states

    def logits_of(self, h: Floats) -> Floats:
        """(N, V) o = h W_q + b_q."""
        return product(h, self.W_q) + self.b_q

    def next_logits(self, ids: NDArray[np.int64], states: States) -> tuple[Floats, States]:
        """(B, V) the logits after (T, B) symbols were read, and the state; of no symbols, those of the state alone."""
        if not len(ids):
            return self.logits_of(states[-1][0]), states
        h, states = self.read(ids, states)
        return self.logits_of(h[-1]), states

    def losses(
        self, ids: NDArray[np.int64], targets: NDArray[np.int64], states: States
    ) -> tuple[NDArray[np.float64], States]:
        """(T, B) −log p of what came after each of (T, B) symbols, in nats, and the state after the last one."""
        logits, states = self.logits(ids, states)
        return -np.take_along_axis(log_softmax(logits), targets[..., None], -1)[..., 0], states

    def for_sampling(self) -> Network:
        """The same as the kernel takes it that draws text."""
        rows = [self.rows, *(cell.W_x for cell in self.cells[1:])]
        layers = [Layer(cell.name, of_cell, cell.b, cell.W_h) for cell, of_cell in zip(self.cells, rows, strict=True)]
        return Network(layers, self.W_q, self.b_q)


def log_softmax(logits: Floats) -> NDArray[np.float64]:
    """The logarithm of the softmax over the last axis, in float64."""
    wide = logits.astype(np.float64)
    with np.errstate(invalid="ignore"):  # of weights that have diverged, which is told by whoever asked
        wide -= wide.max(-1, keepdims=True)
        return np.asarray(wide - np.log(np.exp(wide).sum(-1, keepdims=True)))

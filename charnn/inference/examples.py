"""The networks of tables, read by kernels: what `charnn.networks` has of the same names, without gradients.

S steps of a source · B rows · H hidden units · K labels
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from charnn.inference.decoder import Decoder
from charnn.inference.products import Floats, product
from charnn.inference.stack import Cell, Stack, States


class Classifier(Stack):
    """An encoder with a readout of its last state, o = W_qh h_n + b_q."""

    def __init__(
        self, cells: list[Cell], embedding: Floats | None, W_q: Floats, b_q: Floats, *, residual: bool
    ) -> None:
        """A classifier of these cells and this output layer; see `Stack`."""
        super().__init__(cells, embedding, residual=residual)
        self.W_q, self.b_q = W_q, b_q

    def label_logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Floats:
        """(B, K) the logits of the labels of B texts, side by side and padded."""
        h, _ = self.read(ids, self.zero_state(ids.shape[1]), lengths)
        last = h[lengths - 1, np.arange(len(lengths))]
        return product(np.ascontiguousarray(last), self.W_q) + self.b_q


class ConditionalGenerator(Decoder):
    """A decoder with an entry state for each label: a row of a table, its parts and layers side by side."""

    entry: Floats

    def entry_states(self, labels: NDArray[np.int64]) -> States:
        """The state that the text of each label starts from."""
        widths = [len(cell.W_h) for cell in self.cells for _ in range(cell.parts)]
        numbers = iter(np.split(self.entry[labels], np.cumsum(widths)[:-1], axis=1))
        return tuple(tuple(np.ascontiguousarray(next(numbers)) for _ in range(cell.parts)) for cell in self.cells)


class EncoderDecoder:
    """Two stacks of the same shape, one handing its state on to the other.

    Attributes:
        encoder, decoder: the stacks.
        reverse_source: whether a source is read from its last symbol to its first.
    """

    def __init__(self, encoder: Stack, decoder: Decoder, *, reverse_source: bool) -> None:
        self.encoder, self.decoder, self.reverse_source = encoder, decoder, reverse_source

    def encode(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> States:
        """The state of each layer after the last step of each of B sources, side by side and padded."""
        if self.reverse_source:
            steps = np.arange(len(ids))[:, None]
            ids = np.take_along_axis(ids, np.maximum(lengths - 1 - steps, 0), 0)
        return self.encoder.read(ids, self.encoder.zero_state(ids.shape[1]), lengths)[1]

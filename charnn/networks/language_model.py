"""The language model: symbols → (embedding) → a stack of cells → the logits of the next symbol.

o_t = W_qh h_t + b_q      L = Σ_t l(y_t, o_t),  l the cross-entropy of softmax(o_t)
"""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from charnn.batches.batch import Batch, TextBatch
from charnn.bptt.execution import Execution
from charnn.kernels.program import Program, Value
from charnn.networks.decoder import Decoder
from charnn.networks.dropout import Dropout
from charnn.networks.network import Network
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.recording.window import RecordedWindow
from charnn.networks.stack import States


class LanguageModel(Decoder, Network):
    """A decoder that reads a running text and is asked for the next symbol."""

    @property
    def symbol_axes(self) -> dict[str, int]:
        """The parameters that have a slice for each symbol, by name, and along which axis."""
        inputs = "cells.0.W_x" if self.embedding is None else "embedding"
        return {inputs: 0, "W_q": 1, "b_q": 0}

    def forward(
        self, batch: Batch, states: States, execution: Execution, dropout: Dropout | None = None
    ) -> tuple[Float[Tensor, ""], States]:
        """The losses that count, summed, and the state after `batch.save_at` steps (see `Network`)."""
        assert isinstance(batch, TextBatch)
        steps, save_at = len(batch.inputs), batch.save_at
        # Where the state is saved inside the window, the window runs as two pieces with the state between.
        pieces = [(0, save_at), (save_at, steps)] if 0 < save_at < steps else [(0, steps)]
        nats, saved = [], states
        for begin, end in pieces:
            targets = batch.targets[max(begin, batch.count_from) : end]
            xi = batch.xi[begin:end] if batch.xi is not None else None
            inputs = batch.inputs[begin:end]
            if len(pieces) == 1 and self._fuses(inputs, targets, states, execution, dropout):
                (cell,), (state,) = self.layers, states
                if dropout is not None:
                    inputs, (cell,) = dropout.entered(inputs, [cell])
                loss, state = execution.window(cell, *self.readout, inputs, targets, state, xi)
                states = (state,)
            else:
                h, states = self.read(inputs, states, execution, xi, dropout)
                if dropout is not None:
                    h = dropout.output(h)
                counted = h if len(h) == len(targets) else h[len(h) - len(targets) :]
                loss = execution.summed_loss(counted, *self.readout, targets)
            nats.append(loss)
            if end == save_at:
                saved = states
        return sum(nats[1:], nats[0]), saved

    def record(self, program: Program, values: Mapping[str, Value], batch: RecordedBatch) -> list[list[Value]]:
        """See `Network`."""
        assert isinstance(batch, RecordedWindow)
        states = saved = batch.states
        for piece in batch.pieces:
            steps = slice(piece.start, piece.stop)
            xi = batch.xi if batch.xi is None else batch.xi[steps]
            h, states = self.record_reading(program, values, batch.inputs[steps], states, xi, batch.dropout)
            targets = batch.targets[max(piece.start, batch.count_from) : piece.stop]
            h = h if batch.dropout is None else batch.dropout.output(h)
            if len(targets):
                program.loss(h, values["W_q"], values["b_q"], targets)
            if piece.stop == batch.save_at:
                saved = states
        return saved

    def _fuses(
        self, ids: Tensor, targets: Tensor, states: States, execution: Execution, dropout: Dropout | None
    ) -> bool:
        """Whether the whole window can be one operation."""
        if len(self.cells) > 1 or self.embedding is not None or not len(targets):
            return False
        if dropout is not None and dropout.options.output_dropout:  # which falls between cell and output layer
            return False
        return execution.fuses(self.layers[0], *self.readout, ids, states[0])

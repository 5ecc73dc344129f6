"""The classifier, many to one: symbols → a stack of cells → the logits of K labels, from its last state.

o = W_qh h_n + b_q,  n the row's own last step      L = Σ_rows w l(y, o),  l the cross-entropy of softmax(o)

While it learns, it may be asked for the text too: for each next symbol x_{t+1}, and after the last one for the end.

    L = Σ_rows ( w l(y, o) + λ Σ_t l(x_{t+1}, W_sh h_t + b_s) )

Source: Radford, Narasimhan, Salimans & Sutskever, "Improving language understanding by generative pre-training", 2018
(the auxiliary objective).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from charnn.batches.batch import Batch, ExampleBatch, Padded
from charnn.bptt.execution import Execution, fastest
from charnn.bptt.rows import Gates
from charnn.configuration.sections import Model
from charnn.kernels.program import Program, Value
from charnn.networks.dropout import Dropout
from charnn.networks.network import Network
from charnn.networks.readout import Readout
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.recording.rows import RecordedRows, last_steps, record_losses
from charnn.networks.rows import framed, within
from charnn.networks.stack import Stack, States


class Classifier(Stack, Network):
    """An encoder with a readout of its last state.

    Parameters: those of the stack, `W_q` (H, K), the transpose of W_qh, and `b_q` (K); where the text is asked for,
    `W_s` (H, V + 1), the transpose of W_sh, and `b_s` (V + 1), whose last column is the end.
    """

    def __init__(self, symbols: int, labels: int, options: Model, text_weight: float = 0.0) -> None:
        """A classifier of the section `model`, all of whose weights are 0.

        Args:
            symbols: V.
            labels: K.
            options: the section.
            text_weight: λ; with 0 the text is not asked for.
        """
        super().__init__(symbols, options)
        self.W_q = nn.Parameter(torch.zeros(options.hidden, labels))
        self.b_q = nn.Parameter(torch.zeros(labels))
        self.text_weight = text_weight
        if text_weight:
            self.W_s = nn.Parameter(torch.zeros(options.hidden, symbols + 1))
            self.b_s = nn.Parameter(torch.zeros(symbols + 1))

    @property
    def readout(self) -> Readout:
        """The output layer."""
        return Readout(self.W_q, self.b_q)

    @property
    def initial_scales(self) -> dict[str, float]:
        """See `Stack`."""
        scale = len(self.W_q) ** -0.5
        return {"W_q": scale, "W_s": scale} if self.text_weight else {"W_q": scale}

    def zero_state(self, lanes: int) -> States:
        """See `Network`: no state is carried from one batch to the next."""
        return ()

    def outputs(
        self, texts: Padded, execution: Execution, xi: Gates | None = None, dropout: Dropout | None = None
    ) -> Float[Tensor, "T B H"]:
        """The output of the top layer after each step."""
        ids, lengths = texts
        return self.read(ids, super().zero_state(ids.shape[1]), execution, xi, dropout, lengths)[0]

    def logits(self, texts: Padded, execution: Execution | None = None) -> Float[Tensor, "B K"]:
        """The logits of the labels of some texts."""
        return self.readout.logits(_last(self.outputs(texts, execution or fastest()), texts))

    def forward(
        self, batch: Batch, states: States, execution: Execution, dropout: Dropout | None = None
    ) -> tuple[Float[Tensor, ""], States]:
        """The losses of the batch's rows, summed (see `Network`)."""
        assert isinstance(batch, ExampleBatch)
        h = self.outputs(batch.inputs, execution, batch.input_xi, dropout)
        loss = self._label_loss(h, batch, execution, dropout)
        if self.text_weight:
            loss = loss + self.text_weight * self._text_loss(h, batch.inputs, execution, dropout)
        return loss, ()

    def record(self, program: Program, values: Mapping[str, Value], batch: RecordedBatch) -> list[list[Value]]:
        """See `Network`."""
        assert isinstance(batch, RecordedRows)
        dropout, hidden = batch.dropout, len(self.W_q)
        ids, extent = batch.taken(lambda rows: rows.inputs.ids)
        ends, xi = batch.fixed(lambda rows: rows.inputs.lengths), batch.gates(lambda rows: rows.input_xi)
        start = batch.zero_state(self.layers)
        h, _ = self.record_reading(program, values, ids, start, xi, dropout, extent=extent, ends=ends)
        places, labels = batch.fixed(lambda rows: last_steps(rows.inputs)), batch.fixed(lambda rows: rows.targets.ids)
        last = program.gathered(h, places, (1, batch.rows, hidden))
        read = last if dropout is None else dropout.output(last)
        program.loss(read, values["W_q"], values["b_q"], labels, row_weights=batch.weights)
        if self.text_weight:
            of_text = values["W_s"], values["b_s"]
            record_losses(program, batch, h, of_text, lambda rows: self._next(rows.inputs), self.text_weight)
        return []

    def _label_loss(
        self, h: Float[Tensor, "T B H"], batch: ExampleBatch, execution: Execution, dropout: Dropout | None
    ) -> Float[Tensor, ""]:
        last = _last(h, batch.inputs)
        if dropout is not None:
            last = dropout.output(last[None])[0]
        labels = batch.targets.ids[0]
        if batch.weights is None:
            return execution.summed_loss(last, *self.readout, labels)
        losses = functional.cross_entropy(self.readout.logits(last), labels, reduction="none")
        return (losses * batch.weights).sum()

    def _text_loss(
        self, h: Float[Tensor, "T B H"], texts: Padded, execution: Execution, dropout: Dropout | None
    ) -> Float[Tensor, ""]:
        """Of each row the losses of its symbols from the second on, and of its end."""
        asked, lengths = self._next(texts)
        counted = within(lengths, len(h))
        if dropout is not None:
            h = dropout.output(h)
        return execution.summed_loss(h[counted], self.W_s, self.b_s, asked[counted])

    def _next(self, texts: Padded) -> Padded:
        """What comes after each step: the next symbol, and after the last one the end."""
        _, symbols_and_end = framed(texts, border=len(self.b_s) - 1)
        return Padded(symbols_and_end[1:], texts.lengths)


def _last(h: Float[Tensor, "T B H"], texts: Padded) -> Float[Tensor, "B H"]:
    """What the top layer gives after each row's own last step."""
    return h[texts.lengths - 1, torch.arange(len(texts.lengths), device=h.device)]

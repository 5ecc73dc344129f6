"""The classifier, many to one: symbols → a stack of cells → the logits of K labels, from its last state.

o = W_qh h_n + b_q,  n the row's own last step      L = Σ_rows w l(y, o),  l the cross-entropy of softmax(o)
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from charnn.batches.batch import Batch, ExampleBatch, Padded
from charnn.bptt.execution import Execution, fastest
from charnn.bptt.rows import Gates
from charnn.configuration.sections import Model
from charnn.networks.dropout import Dropout
from charnn.networks.network import Network
from charnn.networks.readout import Readout
from charnn.networks.stack import Stack, States


class Classifier(Stack, Network):
    """An encoder with a readout of its last state.

    Parameters: those of the stack, `W_q` (H, K), the transpose of W_qh, and `b_q` (K).
    """

    def __init__(self, symbols: int, labels: int, options: Model) -> None:
        """A classifier of the section `model`, all of whose weights are 0."""
        super().__init__(symbols, options)
        self.W_q = nn.Parameter(torch.zeros(options.hidden, labels))
        self.b_q = nn.Parameter(torch.zeros(labels))

    @property
    def readout(self) -> Readout:
        """The output layer."""
        return Readout(self.W_q, self.b_q)

    @property
    def symbol_axes(self) -> dict[str, int]:
        """See `Network`."""
        return {"cells.0.W_x" if self.embedding is None else "embedding": 0}

    def zero_state(self, lanes: int) -> States:
        """See `Network`: no state is carried from one batch to the next."""
        return ()

    def encode(
        self, texts: Padded, execution: Execution, xi: Gates | None = None, dropout: Dropout | None = None
    ) -> Float[Tensor, "B H"]:
        """The output of the top layer after each row's last step."""
        ids, lengths = texts
        h, _ = self.read(ids, super().zero_state(ids.shape[1]), execution, xi, dropout, lengths)
        last = h[lengths - 1, torch.arange(len(lengths), device=h.device)]
        return last if dropout is None else dropout.output(last[None])[0]

    def logits(self, texts: Padded, execution: Execution | None = None) -> Float[Tensor, "B K"]:
        """The logits of the labels of some texts."""
        return self.readout.logits(self.encode(texts, execution or fastest()))

    def forward(
        self, batch: Batch, states: States, execution: Execution, dropout: Dropout | None = None
    ) -> tuple[Float[Tensor, ""], States]:
        """The losses of the batch's rows, summed (see `Network`)."""
        assert isinstance(batch, ExampleBatch)
        h = self.encode(batch.inputs, execution, batch.input_xi, dropout)
        labels = batch.targets.ids[0]
        if batch.weights is None:
            return execution.summed_loss(h, *self.readout, labels), ()
        losses = functional.cross_entropy(self.readout.logits(h), labels, reduction="none")
        return (losses * batch.weights).sum(), ()

"""A decoder: a stack of cells with the output layer.

    o_t = W_qh h_t + b_q

T time steps · B lanes · V symbols · H hidden units
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from charnn.bptt.execution import Execution, fastest
from charnn.bptt.rows import Gates
from charnn.configuration.sections import Model
from charnn.networks.dropout import Dropout
from charnn.networks.readout import Readout
from charnn.networks.stack import Stack, States


class Decoder(Stack):
    """A stack of cells with an output layer over the symbols that it reads.

    Parameters: those of the stack, `W_q` (H, V), the transpose of W_qh, and `b_q` (V).
    """

    def __init__(self, symbols: int, options: Model) -> None:
        """A decoder of the section `model` for that many symbols, all of whose weights are 0."""
        super().__init__(symbols, options)
        self.W_q = nn.Parameter(torch.zeros(options.hidden, symbols))
        self.b_q = nn.Parameter(torch.zeros(symbols))

    @property
    def initial_scales(self) -> dict[str, float]:
        """See `Stack`."""
        return {"W_q": len(self.W_q) ** -0.5}

    @property
    def border(self) -> int:
        """The symbol that a text of its own begins and ends with, where it has one: the last."""
        return len(self.b_q) - 1

    @property
    def readout(self) -> Readout:
        """The output layer."""
        return Readout(self.W_q, self.b_q)

    def logits(
        self,
        ids: Int[Tensor, "T B"],
        states: States,
        execution: Execution | None = None,
        xi: Gates | None = None,
        dropout: Dropout | None = None,
    ) -> tuple[Float[Tensor, "T B V"], States]:
        """The logits of the next symbol after each step, and the state after the last one (see `Stack.read`)."""
        h, states = self.read(ids, states, execution or fastest(), xi, dropout)
        return self.readout.logits(h if dropout is None else dropout.output(h)), states

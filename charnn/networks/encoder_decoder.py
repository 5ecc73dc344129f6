"""The encoder–decoder, sequence to sequence: the encoder's last state is the state that the decoder starts from.

All layers and parts of it are handed over, and nothing else.

Source: Sutskever, Vinyals & Le, "Sequence to sequence learning with neural networks", 2014 (the reversed source too).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from charnn.batches.batch import Batch, ExampleBatch, Padded
from charnn.bptt.execution import Execution
from charnn.bptt.rows import Gates
from charnn.cells import Cell
from charnn.configuration.sections import Model
from charnn.networks.decoder import Decoder
from charnn.networks.dropout import Dropout
from charnn.networks.network import Network
from charnn.networks.rows import decoded_loss
from charnn.networks.stack import Stack, States


class EncoderDecoder(Network):
    """Two stacks of the same shape, one handing its state on to the other.

    Parameters: those of `encoder`, a stack, and of `decoder`, whose symbols are those of the targets and the border.
    """

    def __init__(self, sources: int, targets: int, options: Model, *, reverse_source: bool = False) -> None:
        """An encoder–decoder of the section `model`, all of whose weights are 0.

        Args:
            sources: how many symbols the sources are made of.
            targets: how many symbols the targets are made of, without the border.
            options: the section.
            reverse_source: whether a source is read from its last symbol to its first.
        """
        super().__init__()
        self.encoder, self.decoder = Stack(sources, options), Decoder(targets + 1, options)
        self.reverse_source = reverse_source

    @property
    def layers(self) -> list[Cell]:
        """See `Network`."""
        return [*self.encoder.layers, *self.decoder.layers]

    @property
    def device(self) -> torch.device:
        """See `Network`."""
        return self.encoder.device

    @property
    def symbol_axes(self) -> dict[str, int]:
        """See `Network`."""
        return {}

    def zero_state(self, lanes: int) -> States:
        """See `Network`: no state is carried from one batch to the next."""
        return ()

    def encode(
        self, sources: Padded, execution: Execution, xi: Gates | None = None, dropout: Dropout | None = None
    ) -> States:
        """The state of each layer after each source's last step."""
        ids, lengths = self._reversed(sources) if self.reverse_source else sources
        return self.encoder.read(ids, self.encoder.zero_state(ids.shape[1]), execution, xi, dropout, lengths)[1]

    def forward(
        self, batch: Batch, states: States, execution: Execution, dropout: Dropout | None = None
    ) -> tuple[Float[Tensor, ""], States]:
        """The losses of the batch's targets, summed (see `Network`)."""
        assert isinstance(batch, ExampleBatch)
        handed_over = self.encode(batch.inputs, execution, batch.input_xi, dropout)
        return decoded_loss(self.decoder, batch, handed_over, execution, dropout), ()

    @staticmethod
    def _reversed(sources: Padded) -> Padded:
        """Each row from its last symbol to its first, with the padding still behind it."""
        ids, lengths = sources
        steps = torch.arange(len(ids), device=ids.device)[:, None]
        return Padded(ids.gather(0, (lengths - 1 - steps).clamp_min(0)), lengths)

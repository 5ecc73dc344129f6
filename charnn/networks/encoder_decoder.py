"""The encoder–decoder, sequence to sequence: the encoder's last state is the state that the decoder starts from.

All layers and parts of it are handed over, and nothing else.

Source: Sutskever, Vinyals & Le, "Sequence to sequence learning with neural networks", 2014 (the reversed source too).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from charnn.batches.batch import Batch, ExampleBatch, Padded
from charnn.bptt.execution import Execution
from charnn.bptt.rows import Gates
from charnn.cells import Cell
from charnn.configuration.sections import Model
from charnn.kernels.program import Program, Value
from charnn.networks.decoder import Decoder
from charnn.networks.dropout import Dropout
from charnn.networks.network import Network
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.recording.decoding import record_decoded
from charnn.networks.recording.rows import RecordedRows
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

    def zero_state(self, lanes: int) -> States:
        """See `Network`: no state is carried from one batch to the next."""
        return ()

    def _read_as(self, sources: Padded) -> Padded:
        """The sources in the order in which they are read."""
        return self._reversed(sources) if self.reverse_source else sources

    def encode(
        self, sources: Padded, execution: Execution, xi: Gates | None = None, dropout: Dropout | None = None
    ) -> States:
        """The state of each layer after each source's last step."""
        ids, lengths = self._read_as(sources)
        return self.encoder.read(ids, self.encoder.zero_state(ids.shape[1]), execution, xi, dropout, lengths)[1]

    def forward(
        self, batch: Batch, states: States, execution: Execution, dropout: Dropout | None = None
    ) -> tuple[Float[Tensor, ""], States]:
        """The losses of the batch's targets, summed (see `Network`)."""
        assert isinstance(batch, ExampleBatch)
        handed_over = self.encode(batch.inputs, execution, batch.input_xi, dropout)
        return decoded_loss(self.decoder, batch, handed_over, execution, dropout), ()

    def record(self, program: Program, values: Mapping[str, Value], batch: RecordedBatch) -> list[list[Value]]:
        """See `Network`."""
        assert isinstance(batch, RecordedRows)
        ids, extent = batch.taken(lambda rows: self._read_as(rows.inputs).ids)
        ends, xi = batch.fixed(lambda rows: rows.inputs.lengths), batch.gates(lambda rows: rows.input_xi)
        start, of_encoder = batch.zero_state(self.encoder.layers), _below("encoder.", values)
        _, handed_over = self.encoder.record_reading(
            program, of_encoder, ids, start, xi, batch.dropout, extent=extent, ends=ends
        )
        record_decoded(self.decoder, program, _below("decoder.", values), batch, handed_over)
        return []

    @staticmethod
    def _reversed(sources: Padded) -> Padded:
        """Each row from its last symbol to its first, with the padding still behind it."""
        ids, lengths = sources
        steps = torch.arange(len(ids), device=ids.device)[:, None]
        return Padded(ids.gather(0, (lengths - 1 - steps).clamp_min(0)), lengths)


def _below(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters of one part, by their names in it."""
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}

"""What a decoder writes, as kernels of a program."""

from __future__ import annotations

from collections.abc import Mapping

from charnn.batches.batch import ExampleBatch, Padded
from charnn.kernels.program import Program, Value
from charnn.networks.decoder import Decoder
from charnn.networks.recording.rows import RecordedRows, record_losses
from charnn.networks.rows import framed


def record_decoded(
    decoder: Decoder, program: Program, values: Mapping[str, Value], batch: RecordedRows, states: list[list[Value]]
) -> None:
    """The losses of the batch's targets, as `charnn.networks.rows.decoded_loss` has them.

    Args:
        decoder: the decoder.
        program: takes the kernels.
        values: the decoder's parameters, by their names in it.
        batch: the rows.
        states: the decoder's entry states.
    """

    def asked(rows: ExampleBatch) -> Padded:
        return Padded(framed(rows.targets, decoder.border)[1], rows.targets.lengths + 1)

    reads, extent = batch.taken(lambda rows: framed(rows.targets, decoder.border)[0])
    xi = batch.gates(lambda rows: rows.target_xi)
    h, _ = decoder.record_reading(program, values, reads, states, xi, batch.dropout, extent=extent)
    record_losses(program, batch, h, (values["W_q"], values["b_q"]), asked)

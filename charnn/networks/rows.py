"""What the networks of examples share: steps and rows that count, and losses of those alone.

T time steps · B rows · H hidden units · V symbols · N of all steps that count
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from charnn.batches.batch import ExampleBatch, Padded
from charnn.bptt.execution import Execution
from charnn.networks.decoder import Decoder
from charnn.networks.dropout import Dropout
from charnn.networks.stack import States


def within(lengths: Int[Tensor, " B"], steps: int) -> Bool[Tensor, "T B"]:
    """Which of the steps are a row's own."""
    return torch.arange(steps, device=lengths.device)[:, None] < lengths


def framed(targets: Padded, border: int) -> tuple[Int[Tensor, "T1 B"], Int[Tensor, "T1 B"]]:
    """What a decoder reads, and what it is asked for: both have one step more than the targets have symbols.

        reads   ⊢ y_1 y_2 … y_n        is asked for   y_1 y_2 … y_n ⊢

    Args:
        targets: the rows.
        border: the symbol ⊢ that a text begins and ends with.
    """
    ids, lengths = targets
    edge = ids.new_full((1, ids.shape[1]), border)
    return torch.cat((edge, ids)), torch.cat((ids, torch.zeros_like(edge))).scatter(0, lengths[None], border)


def decoded_loss(
    decoder: Decoder, batch: ExampleBatch, states: States, execution: Execution, dropout: Dropout | None
) -> Float[Tensor, ""]:
    """The losses of the batch's targets, summed: of each row those of its symbols and of its end.

    Args:
        decoder: has one symbol more than the targets, the last one: the border.
        batch: the rows.
        states: the decoder's entry states.
        execution: how it runs.
        dropout: what is left out in this window; None: nothing.
    """
    reads, asked = framed(batch.targets, decoder.border)
    h, _ = decoder.read(reads, states, execution, batch.target_xi, dropout)
    if dropout is not None:
        h = dropout.output(h)
    counted = within(batch.targets.lengths + 1, len(reads))
    return execution.summed_loss(h[counted], *decoder.readout, asked[counted])

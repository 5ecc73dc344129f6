"""What an encoder–decoder answers to sources, many at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from charnn.batches.batch import Padded
from charnn.batches.examples import in_batches
from charnn.bptt.execution import fastest
from charnn.data.examples.sequences import Sequences
from charnn.generation.beams import Answer, search
from charnn.networks.encoder_decoder import EncoderDecoder

STEPS = 1 << 14
"""How many symbols of sources are read at a time, divided by the width of the beam."""


@torch.no_grad()
def answers(
    network: EncoderDecoder, sources: Sequences, rows: NDArray[np.int64], width: int, longest: int
) -> list[list[Answer]]:
    """The likeliest targets of some sources, the best first, in the order of `rows`.

    Args:
        network: what is asked.
        sources: all sources.
        rows: the numbers of those that are read.
        width: how wide the beam is.
        longest: how many symbols a target has at most.

    Raises:
        DivergedError: the model's output is not finite.
    """
    found: list[list[Answer]] = [[] for _ in rows]
    for places in in_batches(np.arange(len(rows)), sources.lengths[rows], max(1, STEPS // width)):
        ids, lengths = sources.padded(rows[places]), sources.lengths[rows[places]]
        read = Padded(*(torch.from_numpy(part).to(network.device) for part in (ids, lengths)))
        for place, answer in zip(
            places, search(network.decoder, network.encode(read, fastest()), width, longest), strict=True
        ):
            found[place] = answer
    return found

"""What an encoder–decoder answers to sources, many at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences, in_batches
from charnn.generation.beams import Answer, search
from charnn.networks.reading import reading

STEPS = 1 << 14
"""How many symbols of sources are read at a time, divided by the width of the beam."""


def answers(network: Any, sources: Sequences, rows: NDArray[np.int64], width: int, longest: int) -> list[list[Answer]]:
    """The likeliest targets of some sources, the best first, in the order of `rows`.

    Args:
        network: an encoder–decoder, of torch or of `charnn.inference`.
        sources: all sources.
        rows: the numbers of those that are read.
        width: how wide the beam is.
        longest: how many symbols a target has at most.

    Raises:
        DivergedError: the model's output is not finite.
    """
    source, lengths = reading(network), sources.lengths[rows]
    found: list[list[Answer]] = [[] for _ in rows]
    for places in in_batches(np.arange(len(rows)), lengths, max(1, STEPS // width)):
        states = source.encode(sources.padded(rows[places]), lengths[places])
        for place, answer in zip(places, search(source.decoder, states, width, longest), strict=True):
            found[place] = answer
    return found

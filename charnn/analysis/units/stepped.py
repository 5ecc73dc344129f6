"""What every unit of a network did while it read a text, by kernels: they tell states, and no gates.

As in `charnn.analysis.units.traced`, each stretch of text is read once for the states where its pieces begin, and then
all pieces side by side, a step at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charnn.analysis.units.activity import Activity, LayerActivity, stretches
from charnn.cells import CELLS
from charnn.data.text.units import Ids
from charnn.inference.decoder import Decoder
from charnn.inference.products import Floats
from charnn.inference.stack import States


def stepped(network: Decoder, ids: Ids) -> Iterator[Activity]:
    """Read a text from a state of zeros, and give what happened, stretch by stretch.

    Raises:
        DivergedError: a state or a logit is not finite.
    """
    states = network.zero_state(1)
    for start, pieces in stretches(ids):
        entries = []
        for piece in pieces:
            entries.append(states)
            _, states = network.read(piece[:, None], states)
        together = tuple(
            tuple(np.concatenate(lanes) for lanes in zip(*layer, strict=True)) for layer in zip(*entries, strict=True)
        )
        yield _side_by_side(network, start, pieces, together)


def _side_by_side(network: Decoder, start: int, pieces: list[NDArray[np.int64]], states: States) -> Activity:
    """Read pieces of a text next to each other, each from its own state, and note every step."""
    lengths = np.array([len(piece) for piece in pieces])
    lanes = np.zeros((lengths.max(), len(pieces)), dtype=np.int64)
    for lane, piece in enumerate(pieces):
        lanes[: len(piece), lane] = piece  # a shorter piece is padded with steps that are left out below
    noted, tops = [], []
    for step in range(len(lanes)):
        h, states = network.read(lanes[step : step + 1], states)
        noted.append(states)
        tops.append(h[0])
    inside = np.arange(len(lanes)) < lengths[:, None]

    def in_order(steps: list[Floats]) -> Floats:
        """(N, …) of the text, from (B, …) of each step."""
        return np.stack(steps, axis=1)[inside]

    layers = []
    for layer, cell in enumerate(network.cells):
        parts = enumerate(CELLS.load(cell.name).state_parts)
        of_part = {part: in_order([step[layer][number] for step in noted]) for number, part in parts}
        layers.append(LayerActivity({part: values.astype(np.float64) for part, values in of_part.items()}, {}))
    logits = network.logits_of(in_order(tops)).astype(np.float64)
    return Activity(start, tuple(layers), logits).checked()

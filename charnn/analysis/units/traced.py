"""What every unit and every gate of a network did while it read a text, by its equations.

The plain loop over the equations (`charnn.bptt.engines.autograd`) tells everything and is slow on one lane. The
fastest engine therefore reads each stretch of text first, and notes its states where a piece of it begins; then the
loop reads all pieces next to each other, each from the state noted for it. The result is that of one reading of the
whole text, with the state carried from its first symbol to its last.

N symbols · H hidden units · V symbols in the vocabulary
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from charnn.analysis.tracing import Tracing
from charnn.analysis.units.activity import PIECES, STEPS, Activity, Array, LayerActivity, stretches
from charnn.bptt.engines.autograd import Trace
from charnn.bptt.execution import Execution
from charnn.cells import Cell
from charnn.data.text.units import Ids
from charnn.networks.decoder import Decoder
from charnn.networks.stack import Stack, States


def activity(network: Decoder, ids: Ids) -> Iterator[Activity]:
    """Read a text from a state of zeros, and give what happened, stretch by stretch.

    Raises:
        DivergedError: a state or a logit is not finite.
    """
    states = network.zero_state(1)
    for start, numbers in stretches(ids):
        pieces = [torch.from_numpy(piece).to(network.device) for piece in numbers]
        entries, states = _entries(network, pieces, states)
        yield _traced(network, start, pieces, entries)


def activity_of_rows(network: Stack, rows: Sequence[Ids]) -> Iterator[Activity]:
    """Read rows one after another, each from a state of zeros, and give what happened, some rows at a time.

    Raises:
        DivergedError: a state is not finite.
    """
    start = begin = 0
    while begin < len(rows):
        end, longest = begin + 1, len(rows[begin])
        while end < len(rows) and max(longest, len(rows[end])) * (end + 1 - begin) <= PIECES * STEPS:
            longest, end = max(longest, len(rows[end])), end + 1
        pieces = [torch.from_numpy(row.astype(np.int64)).to(network.device) for row in rows[begin:end]]
        yield _traced(network, start, pieces, [Stack.zero_state(network, 1) for _ in pieces])
        start, begin = start + sum(map(len, pieces)), end


@torch.no_grad()
def _entries(network: Decoder, pieces: Sequence[Tensor], states: States) -> tuple[list[States], States]:
    """The state before each piece, and the one after the last."""
    entries = []
    for piece in pieces:
        entries.append(states)
        _, states = network.logits(piece[:, None], states)
    return entries, states


def gates_of(cell: Cell) -> tuple[str, ...]:
    """The names of the cell's gates that open and close, which its candidate does not."""
    with torch.no_grad():
        _, intermediates = cell.step(cell.W_x.new_zeros(1, cell.W_x.shape[1]), cell.zero_state(1))
    return tuple(name for name in cell.gates if name in intermediates)


@torch.no_grad()
def _traced(network: Stack, start: int, pieces: Sequence[Tensor], entries: Sequence[States]) -> Activity:
    """Read pieces of a text next to each other, each from its own state, and note every step."""
    engine = Tracing(network.layers)
    together = tuple(
        tuple(torch.cat(parts) for parts in zip(*states, strict=True)) for states in zip(*entries, strict=True)
    )
    # Some pieces may be shorter: they are padded with symbols whose steps are left out below.
    lanes = torch.nn.utils.rnn.pad_sequence(list(pieces))
    lengths = [len(piece) for piece in pieces]
    h, _ = network.read(lanes, together, Execution(engine))
    logits = network.readout.logits(h) if isinstance(network, Decoder) else h[..., :0]
    layers = tuple(_layer_activity(cell, engine.traces[cell], lengths) for cell in network.layers)
    return Activity(start, layers, _in_order(logits, lengths)).checked()


def _layer_activity(cell: Cell, trace: Trace, lengths: Sequence[int]) -> LayerActivity:
    states = {
        part: _in_order(torch.stack([state[number] for state in trace.states]), lengths)
        for number, part in enumerate(cell.state_parts)
    }
    gates = {
        name: _in_order(torch.stack([step[name] for step in trace.intermediates]), lengths) for name in gates_of(cell)
    }
    return LayerActivity(states, gates)


def _in_order(values: Float[Tensor, "T B X"], lengths: Sequence[int]) -> Array:
    """From (T, B, …) of pieces next to each other to (N, …) of the text."""
    steps = torch.arange(len(values), device=values.device)
    inside = steps < torch.tensor(lengths, device=values.device)[:, None]
    ordered: Array = values.transpose(0, 1)[inside].double().cpu().numpy()
    return ordered

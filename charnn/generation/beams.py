"""Beam search: the likeliest texts that a decoder ends, each with its log-probability.

At each step every beam is extended by every symbol; the likeliest W of all extensions are kept. One that reads the
border ⊢ has ended, and is an answer; the likeliest W that have not ended go on. It is over when W answers have ended
and no beam can become likelier than the last of them: log-probabilities only fall. A width of 1 is the greedy choice.

Source: Graves, "Sequence transduction with recurrent neural networks", 2012.

R rows · W beams · V symbols, the border among them
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from charnn.errors import DivergedError
from charnn.networks.decoder import Decoder
from charnn.networks.stack import States


class Answer(NamedTuple):
    """One text.

    Attributes:
        ids: its symbols, without the border.
        log_probability: of the text in nats, the border included where it has ended.
        ended: whether it has; else it was cut at the greatest length.
    """

    ids: tuple[int, ...]
    log_probability: float
    ended: bool


@dataclass
class _Beams:
    """The beams of the rows that are still searched, side by side.

    Attributes:
        rows: (R,) the number of each row.
        ids: (R, W, t) what each beam has read.
        scores: (R, W) the log-probability of each; −∞ where there is no beam.
    """

    rows: Int[Tensor, " R"]
    ids: Int[Tensor, "R W t"]
    scores: Float[Tensor, "R W"]
    answers: list[list[Answer]] = field(default_factory=list)


@torch.no_grad()
def search(decoder: Decoder, states: States, width: int, longest: int) -> list[list[Answer]]:
    """The likeliest texts after each entry state, the best first: as many as the beam is wide, or all there are.

    Those that were cut rank after those that ended.

    Args:
        decoder: has the border as its last symbol.
        states: the entry states of R rows.
        width: W.
        longest: how many symbols a text has at most.

    Raises:
        DivergedError: the logits are not finite.
    """
    rows = len(states[0][0])
    device, border = decoder.device, decoder.border
    beams = _Beams(
        rows=torch.arange(rows, device=device),
        ids=torch.zeros(rows, 1, 0, dtype=torch.long, device=device),
        scores=torch.zeros(rows, 1, dtype=torch.float64, device=device),
        answers=[[] for _ in range(rows)],
    )
    read = torch.full((1, rows), border, device=device)
    for step in range(longest + 1):
        if not len(beams.rows):
            break
        logits, states = decoder.logits(read, states)
        if not torch.isfinite(logits).all():
            raise DivergedError("the model's output is no longer a finite number: its weights have diverged")
        extended = beams.scores[..., None] + torch.log_softmax(logits[0].double(), -1).view(*beams.scores.shape, -1)
        _end(beams, extended, width)
        if step == longest:
            _cut(beams, width)
            break
        parents = _go_on(beams, extended, width, border)
        open_ = _unfinished(beams, width)
        kept = (parents + torch.arange(len(parents), device=device)[:, None] * extended.shape[1])[open_].flatten()
        states = tuple(tuple(part[kept] for part in state) for state in states)
        beams.rows, beams.ids, beams.scores = beams.rows[open_], beams.ids[open_], beams.scores[open_]
        read = beams.ids[..., -1].flatten()[None]
    return [sorted(found, key=lambda one: (not one.ended, -one.log_probability))[:width] for found in beams.answers]


def _end(beams: _Beams, extended: Float[Tensor, "R W V"], width: int) -> None:
    """Take the answers that end here: those among the likeliest W of all extensions."""
    flat = extended.flatten(1)
    threshold = flat.topk(min(width, flat.shape[1]), dim=1).values[:, -1:]
    ending = extended[..., -1]
    # Of equally likely extensions the first is chosen, as a greedy choice does: the border is the last.
    better = (flat > threshold).sum(1, keepdim=True) + (flat == threshold).sum(1, keepdim=True)
    chosen = (ending > threshold) | ((ending == threshold) & (better <= width) & torch.isfinite(ending))
    for row, beam in chosen.nonzero().tolist():
        ids = tuple(beams.ids[row, beam].tolist())
        beams.answers[int(beams.rows[row])].append(Answer(ids, float(ending[row, beam]), ended=True))


def _go_on(beams: _Beams, extended: Float[Tensor, "R W V"], width: int, border: int) -> Int[Tensor, "R W2"]:
    """Let the likeliest W extensions that have not ended be the beams; returns which beam each came from."""
    going = extended[..., :border].flatten(1)
    scores, places = going.topk(min(width, going.shape[1]), dim=1)
    parents, symbols = places // border, places % border
    before = beams.ids.gather(1, parents[..., None].expand(-1, -1, beams.ids.shape[2]))
    beams.ids, beams.scores = torch.cat((before, symbols[..., None]), dim=2), scores
    return parents


def _unfinished(beams: _Beams, width: int) -> Int[Tensor, " N"]:
    """The rows in which a beam may still become a better answer than those there are."""
    best = beams.scores.amax(1).tolist()
    places = []
    for place, (row, score) in enumerate(zip(beams.rows.tolist(), best, strict=True)):
        ended = sorted((one.log_probability for one in beams.answers[row]), reverse=True)
        if score > -np.inf and (len(ended) < width or score > ended[width - 1]):
            places.append(place)
    return torch.tensor(places, dtype=torch.long, device=beams.rows.device)


def _cut(beams: _Beams, width: int) -> None:
    """Take the beams that have not ended as answers that were cut."""
    for row, ids, scores in zip(beams.rows.tolist(), beams.ids.tolist(), beams.scores.tolist(), strict=True):
        for beam, score in zip(ids, scores, strict=True):
            if score > -np.inf and len(beams.answers[row]) < 2 * width:
                beams.answers[row].append(Answer(tuple(beam), score, ended=False))

"""Beam search: the likeliest texts that a decoder ends, each with its log-probability.

At each step every beam is extended by every symbol; the likeliest W of all extensions are kept. One that reads the
border ⊢ has ended, and is an answer; the likeliest W that have not ended go on. It is over when W answers have ended
and no beam can become likelier than the last of them: log-probabilities only fall. A width of 1 is the greedy choice.

Source: Graves, "Sequence transduction with recurrent neural networks", 2012.

R rows · W beams · V symbols, the border among them
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from charnn.errors import DivergedError
from charnn.inference.decoder import log_softmax

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


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

    rows: Int[Ints, " R"]
    ids: Int[Ints, "R W t"]
    scores: Float[Floats, "R W"]
    answers: list[list[Answer]] = field(default_factory=list)


def search(decoder: Any, states: Any, width: int, longest: int) -> list[list[Answer]]:
    """The likeliest texts after each entry state, the best first: as many as the beam is wide, or all there are.

    Those that were cut rank after those that ended.

    Args:
        decoder: has the border as its last symbol; one of `charnn.inference`, or read as such (`networks.reading`).
        states: the entry states of R rows.
        width: W.
        longest: how many symbols a text has at most.

    Raises:
        DivergedError: the logits are not finite.
    """
    rows, border = len(states[0][0]), decoder.border
    beams = _Beams(
        rows=np.arange(rows),
        ids=np.zeros((rows, 1, 0), dtype=np.int64),
        scores=np.zeros((rows, 1)),
        answers=[[] for _ in range(rows)],
    )
    read = np.full((1, rows), border)
    for step in range(longest + 1):
        if not len(beams.rows):
            break
        logits, states = decoder.next_logits(read, states)
        if not np.isfinite(logits).all():
            raise DivergedError("the model's output is no longer a finite number: its weights have diverged")
        extended = beams.scores[..., None] + log_softmax(logits).reshape(*beams.scores.shape, -1)
        _end(beams, extended, width)
        if step == longest:
            _cut(beams, width)
            break
        parents = _go_on(beams, extended, width, border)
        open_ = _unfinished(beams, width)
        kept = (parents + np.arange(len(parents))[:, None] * extended.shape[1])[open_].reshape(-1)
        states = decoder.chosen(states, kept)
        beams.rows, beams.ids, beams.scores = beams.rows[open_], beams.ids[open_], beams.scores[open_]
        read = beams.ids[..., -1].reshape(1, -1)
    return [sorted(found, key=lambda one: (not one.ended, -one.log_probability))[:width] for found in beams.answers]


def _end(beams: _Beams, extended: Float[Floats, "R W V"], width: int) -> None:
    """Take the answers that end here: those among the likeliest W of all extensions."""
    flat = extended.reshape(len(extended), -1)
    threshold = _least_of_likeliest(flat, width)
    ending = extended[..., -1]
    # Of equally likely extensions the first is chosen, as a greedy choice does: the border is the last.
    chosen = (ending > threshold) | (
        (ending == threshold) & ((flat >= threshold).sum(1, keepdims=True) <= width) & np.isfinite(ending)
    )
    for row, beam in np.argwhere(chosen).tolist():
        ids = tuple(beams.ids[row, beam].tolist())
        beams.answers[int(beams.rows[row])].append(Answer(ids, float(ending[row, beam]), ended=True))


def _go_on(beams: _Beams, extended: Float[Floats, "R W V"], width: int, border: int) -> Int[Ints, "R W2"]:
    """Let the likeliest W extensions that have not ended be the beams; returns which beam each came from."""
    going = extended[..., :border].reshape(len(extended), -1)
    places = _likeliest(going, width)
    parents, symbols = places // border, places % border
    before = np.take_along_axis(beams.ids, parents[..., None], 1)
    beams.ids = np.concatenate((before, symbols[..., None]), axis=2)
    beams.scores = np.take_along_axis(going, places, 1)
    return parents


def _likeliest(scores: Float[Floats, "R N"], width: int) -> Int[Ints, "R W2"]:
    """The places of the W greatest of each row, the greatest first; of equal ones the first."""
    if width == 1:
        return np.asarray(scores.argmax(1)[:, None])
    likely = scores >= _least_of_likeliest(scores, width)
    if width < scores.shape[1] and likely.sum() == width * len(scores):
        places = np.nonzero(likely)[1].reshape(-1, width)
        order = np.argsort(-np.take_along_axis(scores, places, 1), axis=1, kind="stable")
        return np.asarray(np.take_along_axis(places, order, 1))
    # Fewer than W, or more that are equal.
    return np.argsort(-scores, axis=1, kind="stable")[:, :width]


def _least_of_likeliest(scores: Float[Floats, "R N"], width: int) -> Float[Floats, "R 1"]:
    """The W-th greatest of each row, or the last where there are fewer."""
    place = scores.shape[1] - min(width, scores.shape[1])
    return np.asarray(np.partition(scores, place, axis=1)[:, place : place + 1])


def _unfinished(beams: _Beams, width: int) -> Int[Ints, " N"]:
    """The rows in which a beam may still become a better answer than those there are."""
    best = beams.scores.max(1, initial=-np.inf).tolist()
    places = []
    for place, (row, score) in enumerate(zip(beams.rows.tolist(), best, strict=True)):
        ended = sorted((one.log_probability for one in beams.answers[row]), reverse=True)
        if score > -np.inf and (len(ended) < width or score > ended[width - 1]):
            places.append(place)
    return np.array(places, dtype=np.int64)


def _cut(beams: _Beams, width: int) -> None:
    """Take the beams that have not ended as answers that were cut."""
    for row, ids, scores in zip(beams.rows.tolist(), beams.ids.tolist(), beams.scores.tolist(), strict=True):
        for beam, score in zip(ids, scores, strict=True):
            if score > -np.inf and len(beams.answers[row]) < 2 * width:
                beams.answers[row].append(Answer(tuple(beam), score, ended=False))

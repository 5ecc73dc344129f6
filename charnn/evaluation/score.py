"""Scoring a text: one lane, from its first character to its last, with the state carried all the way.

Every character but the first is counted. One lane is exact and slow, because a step of one lane takes as long as one of
many. In several lanes each but the first begins with the state that the 256 characters before it leave, and not with
that of the whole text before it; what difference that makes is told in docs/configuration.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.running_text.lanes import Lanes
from charnn.data.text.units import Ids
from charnn.errors import DivergedError, InputError
from charnn.evaluation.measures import bits, perplexity
from charnn.networks.reading import reading

_STEPS = 4096
WARM_UP = 256
"""So many characters are read before a lane, and not counted."""
_FEWEST, _MOST_LANES = 2_000, 32


@dataclass(frozen=True)
class Score:
    """The loss of each character but the first, in nats."""

    losses: NDArray[np.float64]

    @property
    def characters(self) -> int:
        """How many characters were counted."""
        return len(self.losses)

    @property
    def nats(self) -> float:
        """The mean loss in nats per character."""
        return float(self.losses.mean())

    @property
    def bpc(self) -> float:
        """The mean loss in bits per character."""
        return bits(self.nats)

    @property
    def perplexity(self) -> float:
        """exp(nats), infinite above 700 nats."""
        return perplexity(self.nats)


def lanes_for(characters: int) -> int:
    """In how many lanes a text of that size is validated: at most 32, each of 2,000 characters or more."""
    return max(1, min(_MOST_LANES, characters // _FEWEST))


def score_in_lanes(network: Any, ids: Ids, lanes: int, name: str = "the text") -> Score:
    """Score a text in several lanes at once; the arguments are those of `score`.

    Raises:
        InputError: the text has fewer than two characters.
        DivergedError: the loss is not finite.
    """
    targets = len(ids) - 1
    length = -(-targets // max(1, lanes))
    if lanes == 1 or length <= WARM_UP:
        return score(network, ids, name)
    places = np.arange(-WARM_UP, length + 1)[:, None] + length * np.arange(lanes)
    read, source = ids[np.clip(places, 0, targets)].astype(np.int64), reading(network)
    states = source.zero_state(lanes)
    _, states = source.losses(read[:WARM_UP], read[1 : WARM_UP + 1], states)
    for state in states:
        for part in state:
            part[0] = 0  # there is nothing before the first lane
    steps = max(1, _STEPS // lanes)
    losses = []
    for begin in range(WARM_UP, WARM_UP + length, steps):
        asked = read[begin + 1 : min(begin + steps, WARM_UP + length) + 1]
        found, states = source.losses(read[begin : begin + len(asked)], asked, states)
        losses.append(found)
    return _checked(np.concatenate(losses).T.reshape(-1)[:targets], name)


def score(network: Any, ids: Ids, name: str = "the text") -> Score:
    """Score a text.

    Args:
        network: a decoder, of torch or of `charnn.inference`.
        ids: the text.
        name: what messages call it.

    Raises:
        InputError: the text has fewer than two characters, so that there is nothing to predict.
        DivergedError: the loss is not finite.
    """
    lane = Lanes(ids, 1)
    if lane.length < 1:
        raise InputError(f"{name} has {len(ids)} characters; a score needs at least 2")
    source = reading(network)
    states = source.zero_state(1)
    losses = []
    for start in range(0, lane.length, _STEPS):
        found, states = source.losses(*lane.window(start, min(_STEPS, lane.length - start)), states)
        losses.append(found[:, 0])
    return _checked(np.concatenate(losses), name)


def _checked(losses: NDArray[np.float64], name: str) -> Score:
    result = Score(losses)
    if not math.isfinite(result.nats):
        raise DivergedError(f"the loss over {name} is {result.nats}: the model's weights have diverged")
    return result

"""Scoring a text: one lane, from its first character to its last, with the state carried all the way.

Every character but the first is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from charnn.data.running_text.lanes import Lanes
from charnn.data.text.units import Ids
from charnn.errors import DivergedError, InputError
from charnn.evaluation.measures import bits, perplexity
from charnn.networks.decoder import Decoder

_STEPS = 4096


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


@torch.no_grad()
def score(network: Decoder, ids: Ids, name: str = "the text") -> Score:
    """Score a text.

    Raises:
        InputError: the text has fewer than two characters, so that there is nothing to predict.
        DivergedError: the loss is not finite.
    """
    lane = Lanes(ids, 1)
    if lane.length < 1:
        raise InputError(f"{name} has {len(ids)} characters; a score needs at least 2")
    states = network.zero_state(1)
    losses = []
    for start in range(0, lane.length, _STEPS):
        inputs, targets = (
            torch.from_numpy(part).to(network.device) for part in lane.window(start, min(_STEPS, lane.length - start))
        )
        logits, states = network.logits(inputs, states)
        losses.append(functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none"))
    result = Score(torch.cat(losses).double().cpu().numpy())
    if not math.isfinite(result.nats):
        raise DivergedError(f"the loss over {name} is {result.nats}: the model's weights have diverged")
    return result

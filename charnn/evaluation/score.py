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

from charnn.data.running_text.dataset import read_dataset
from charnn.data.running_text.lanes import Lanes
from charnn.data.sources.opening import read_text
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError, InputError
from charnn.networks.language_model import CharacterModel
from charnn.runs.run import Run

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
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """exp(nats)."""
        return math.exp(min(self.nats, 700.0))


@torch.no_grad()
def score(model: CharacterModel, ids: Ids, name: str = "the text") -> Score:
    """Score a text.

    Raises:
        InputError: the text has fewer than two characters, so that there is nothing to predict.
        DivergedError: the loss is not finite.
    """
    lane = Lanes(ids, 1)
    if lane.length < 1:
        raise InputError(f"{name} has {len(ids)} characters; a score needs at least 2")
    states = model.zero_state(1)
    losses = []
    for start in range(0, lane.length, _STEPS):
        inputs, targets = (
            torch.from_numpy(part).to(model.b_q.device) for part in lane.window(start, min(_STEPS, lane.length - start))
        )
        logits, states = model(inputs, states)
        losses.append(functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none"))
    result = Score(torch.cat(losses).double().cpu().numpy())
    if not math.isfinite(result.nats):
        raise DivergedError(f"the loss over {name} is {result.nats}: the model's weights have diverged")
    return result


def text_of_run(
    run: Run, vocabulary: Vocabulary, source: str | None, part: str | None, *, skip_unknown: bool = False
) -> tuple[str, Ids]:
    """A text in a run's own units, and the name that messages call it by.

    Args:
        source: a path, a corpus or `-`; without one it is the `part` of the text that the run was trained on.
        part: `train`, `validation` or `test`; None: the validation part, or where there is none the training part.

    Raises:
        InputError: the text cannot be had, has characters that the model does not know, or the run's own
            text has changed since.
    """
    corpus = run.config().corpus
    if source is not None:
        found = read_text(source)
        units = vocabulary.units_of_source(found.data, found.name, corpus.encoding)
        return found.name, vocabulary.encode(units, found.name, skip_unknown=skip_unknown)
    if corpus.is_absent:
        raise InputError(f"{run.path} was imported and has no text of its own, nor parts of it: name one with --text")
    part = part or ("validation" if len(corpus.split) > 1 else "train")
    ids = read_dataset(**corpus.model_dump()).part(part)
    if not len(ids):
        raise InputError(f"the text of {run.path} has no {part} part: its split is {list(corpus.split)}")
    return f"the {part} part of {corpus.source or 'the text'}", ids

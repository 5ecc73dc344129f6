"""Texts that a conditional generator writes for a label, each until its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.networks.conditional import ConditionalGenerator


class Text(NamedTuple):
    """One text.

    Attributes:
        ids: its symbols.
        ended: whether it came to its end; else it was cut at the greatest length.
    """

    ids: tuple[int, ...]
    ended: bool


@torch.no_grad()
def texts_of(
    network: ConditionalGenerator,
    label: int,
    choice: Choice,
    longest: int,
    seeds: Sequence[Sequence[int]],
    prime: Sequence[int] = (),
) -> list[Text]:
    """Draw texts for a label, one for each seed.

    Args:
        network: the generator.
        label: the number of the label.
        choice: how a symbol is chosen.
        longest: how many symbols are drawn at most.
        seeds: the seed of each text.
        prime: the ids that each text begins with.

    Raises:
        DivergedError: the logits are not finite.
    """
    states = network.entry_states(torch.tensor([label], device=network.device))
    read = [network.border, *prime]
    open_ = np.ones(len(seeds), dtype=bool)
    drawn: list[list[int]] = [list(prime) for _ in seeds]
    for ids in continue_text(network, states, read, choice, seeds, longest):
        open_ &= ids != network.border
        for place in np.flatnonzero(open_):
            drawn[place].append(int(ids[place]))
        if not open_.any():
            break
    return [Text(tuple(ids), not still) for ids, still in zip(drawn, open_, strict=True)]

"""Texts that a conditional generator writes for a label, each until its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.networks.reading import reading


class Text(NamedTuple):
    """One text.

    Attributes:
        ids: its symbols.
        ended: whether it came to its end; else it was cut at the greatest length.
    """

    ids: tuple[int, ...]
    ended: bool


def texts_of(
    network: Any,
    label: int,
    choice: Choice,
    longest: int,
    seeds: Sequence[Sequence[int]],
    prime: Sequence[int] = (),
) -> list[Text]:
    """Draw texts for a label, one for each seed.

    Args:
        network: a conditional generator, of torch or of `charnn.inference`.
        label: the number of the label.
        choice: how a symbol is chosen.
        longest: how many symbols are drawn at most.
        seeds: the seed of each text.
        prime: the ids that each text begins with.

    Raises:
        DivergedError: the logits are not finite.
    """
    source = reading(network)
    states = source.entry_states(np.array([label]))
    read = [source.border, *prime]
    open_ = np.ones(len(seeds), dtype=bool)
    drawn: list[list[int]] = [list(prime) for _ in seeds]
    for ids in continue_text(source, states, read, choice, seeds, longest):
        open_ &= ids != source.border
        for place in np.flatnonzero(open_):
            drawn[place].append(int(ids[place]))
        if not open_.any():
            break
    return [Text(tuple(ids), not still) for ids, still in zip(drawn, open_, strict=True)]

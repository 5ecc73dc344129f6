"""Which examples are for training, validation and test: examples with the same input never lie in two parts.

By shares of the distinct inputs, which a seed shuffles; or by a published rule over the distinct inputs in the order of
the file: of every 20, the first for validation, the two after it for the test, for instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

PARTS = ("train", "validation", "test")


class Split(Protocol):
    """Divides distinct inputs."""

    def parts(self, inputs: Sequence[str]) -> Mapping[str, str]:
        """The part of each input.

        Args:
            inputs: the distinct inputs, in the order of the file.
        """


@dataclass(frozen=True)
class Shares:
    """By shares of the inputs, in an order that a seed draws.

    Attributes:
        shares: of the training, the validation and the test part; those that are left out are empty.
        seed: of the shuffle.
    """

    shares: Sequence[float]
    seed: int

    def parts(self, inputs: Sequence[str]) -> Mapping[str, str]:
        """See `Split`."""
        shuffled = list(inputs)
        Random(f"{self.seed} split").shuffle(shuffled)
        cuts = [round(len(inputs) * sum(self.shares[: place + 1])) for place in range(len(self.shares))]
        found: dict[str, str] = {}
        for part, begin, end in zip(PARTS, [0, *cuts], cuts, strict=False):
            found.update(dict.fromkeys(shuffled[begin:end], part))
        return found


@dataclass(frozen=True)
class Rule:
    """By place: of every so many inputs those at some places are for validation and test, and the rest for training.

    Attributes:
        every: how many inputs the rule is about.
        validation: the places, from 0 on, of those for validation.
        test: the places of those for the test.
    """

    every: int
    validation: Sequence[int] = ()
    test: Sequence[int] = ()

    def parts(self, inputs: Sequence[str]) -> Mapping[str, str]:
        """See `Split`."""
        of_place = ["train"] * self.every
        for part, places in (("validation", self.validation), ("test", self.test)):
            for place in places:
                of_place[place] = part
        return {text: of_place[number % self.every] for number, text in enumerate(inputs)}

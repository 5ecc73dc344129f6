"""Generated texts: one file a generator, a class with the keys that a manifest gives it. No torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from charnn.configuration.families import Family
from charnn.configuration.types import Part

Chosen = TypeVar("Chosen")


class Generator(Part):
    """The keys of a generator."""

    @abstractmethod
    def generate(self) -> str:
        """The text; the same keys give the same text on every machine."""


GENERATORS = Family("generator", Generator)


def choose(choices: Sequence[Chosen], random: Random) -> Chosen:
    """One of the choices, each as likely, by `Random.random`: it is the same in all versions of Python."""
    return choices[int(random.random() * len(choices))]

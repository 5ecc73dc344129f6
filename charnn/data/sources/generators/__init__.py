"""Generated texts: one file a generator, a class with the keys that a manifest gives it. No torch."""

from __future__ import annotations

from abc import abstractmethod

from charnn.configuration.families import Family
from charnn.configuration.types import Part


class Generator(Part):
    """The keys of a generator."""

    @abstractmethod
    def generate(self) -> str:
        """The text; the same keys give the same text on every machine."""


GENERATORS = Family("generator", Generator)

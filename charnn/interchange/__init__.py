"""Networks for other programs, and theirs for charnn: one file a format, whose file name is its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from charnn.configuration.families import Family

if TYPE_CHECKING:
    from charnn.interchange._network import ExchangedNetwork


class Format(ABC):
    """A kind of file that networks are written to and read from.

    Attributes:
        suffix: how the names of its files end.
    """

    suffix: ClassVar[str]

    @abstractmethod
    def check(self) -> None:
        """Refuse the format where a package that it needs is missing.

        Raises:
            UsageError: one is.
        """

    @abstractmethod
    def write(self, network: ExchangedNetwork, path: Path) -> list[str]:
        """Write a network whole or not at all, and return what is to be noted of the file.

        Raises:
            UsageError: the format cannot express its cell.
        """

    @abstractmethod
    def read(self, path: Path, symbols: Path | None) -> ExchangedNetwork:
        """Read a network, the inverse of `write`.

        Args:
            path: the file.
            symbols: a file with the vocabulary, in the order of the ids, of networks that come without.

        Raises:
            RunError: the file is damaged, or does not hold such a network.
            UsageError: the vocabulary is missing, or there are two.
        """


FORMATS = Family("format", Format)

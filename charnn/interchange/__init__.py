"""Networks for other programs, and theirs for charnn: one file a format, whose file name is its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from charnn.configuration.families import Family
from charnn.errors import RunError, UsageError

if TYPE_CHECKING:
    from charnn.interchange._network import ExchangedNetwork
    from charnn.runs.run import Run


class NoVocabularyError(UsageError):
    """A file does not say which symbols its ids are, and nothing else does."""


class TwoVocabulariesError(UsageError):
    """A file holds a vocabulary, and another one was named."""


class OwnFileError(RunError):
    """A file is that of a run, and no program exported it."""


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
            UsageError: one is missing.
        """

    @abstractmethod
    def write(self, network: ExchangedNetwork, path: Path) -> list[str]:
        """Write a network whole or not at all, and return what people should know about the file.

        Raises:
            UsageError: the format cannot express its cell.
        """

    def write_examples(self, run: Run, weights: str | None, path: Path) -> list[Path]:
        """Write the network of a run on a table, in as many files as it has parts.

        Args:
            run: the run.
            weights: `best` or `last`; by default the best if there are any.
            path: the file; of several parts each adds its name.

        Raises:
            UsageError: the format has no such networks.
        """
        raise UsageError(f"{run.path} was trained on a table, and only --format onnx can express its network")

    @abstractmethod
    def read(self, path: Path, symbols: Path | None) -> ExchangedNetwork:
        """Read a network, the inverse of `write`.

        Args:
            path: the file.
            symbols: a file with the vocabulary, in the order of the ids, for files that do not hold it.

        Raises:
            RunError: the file is damaged, or does not hold such a network.
            NoVocabularyError: the vocabulary is missing.
            TwoVocabulariesError: there are two.
        """


FORMATS = Family("format", Format)

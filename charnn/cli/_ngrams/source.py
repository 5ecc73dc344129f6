"""Which text `charnn ngram-stats` reads, and how it is cut into symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charnn.configuration.units import NormalForm
from charnn.data.text.levels import Level, Tokenizer
from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.ngrams.dataset import NgramDataset


@dataclass(frozen=True)
class Source:
    """A text, and how it is cut into symbols.

    Raises:
        UsageError: options that have no meaning together.
    """

    text: str
    level: Level
    tokens: Tokenizer | None
    encoding: str
    normalize: NormalForm

    def __post_init__(self) -> None:
        if self.tokens and self.level != "word":
            raise UsageError(f"--tokens says what a word is, but the level is {self.level}: leave it out")
        if self.level == "byte" and (self.encoding != "utf-8" or self.normalize != "none"):
            raise UsageError("--encoding and --normalize have no meaning for bytes: leave them out")

    def read(self, split: Sequence[float] = (1.0,)) -> NgramDataset:
        """The ids of the text, split into parts.

        Raises:
            InputError: the text is not available or cannot be used, or a part is too short.
        """
        from charnn.ngrams.dataset import read_ngram_dataset

        return read_ngram_dataset(
            self.text, self.level, self.tokens, encoding=self.encoding, normalize=self.normalize, split=split
        )

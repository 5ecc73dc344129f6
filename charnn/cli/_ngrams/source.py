"""Which text `charnn ngram-stats` reads, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from charnn.errors import UsageError


class Level(StrEnum):
    """What an n-gram is made of."""

    word = "word"
    character = "character"
    grapheme = "grapheme"
    byte = "byte"


class Tokens(StrEnum):
    """What a word is."""

    letters = "letters"
    unicode_words = "unicode-words"
    whitespace = "whitespace"


class Normalize(StrEnum):
    """Unicode normal forms."""

    none = "none"
    nfc = "NFC"
    nfkc = "NFKC"


@dataclass(frozen=True)
class Source:
    """A text and how it is cut into symbols.

    Raises:
        UsageError: options that make no sense together.
    """

    text: str
    level: Level
    tokens: Tokens | None
    encoding: str
    normalize: Normalize

    def __post_init__(self) -> None:
        if self.tokens and self.level is not Level.word:
            raise UsageError(f"--tokens says what a word is, and the level is {self.level.value}: leave it out")
        if self.level is Level.byte and (self.encoding != "utf-8" or self.normalize is not Normalize.none):
            raise UsageError("--encoding and --normalize have no meaning for bytes: leave them out")

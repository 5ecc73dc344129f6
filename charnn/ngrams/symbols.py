"""The symbols of a Markov model: the units of a vocabulary, or words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.data.text.words import TOKENS

UNKNOWN = b"<unk>"


class Symbols(Protocol):
    """V symbols and their numbers."""

    def __len__(self) -> int:
        """V."""

    def encode(self, text: str, name: str) -> Ids:
        """The numbers of a text's symbols; `name` is what messages call the text."""

    def join(self, ids: Iterable[int]) -> bytes:
        """The text of numbers, in UTF-8."""

    def names(self, text: str, ids: Ids) -> list[str]:
        """What to call each symbol of a text that `encode` gave these numbers."""

    def drawable(self) -> int:
        """How many of the symbols, from the first on, a sample may hold."""


@dataclass(frozen=True)
class Units:
    """The units of a vocabulary.

    Raises:
        UnknownSymbolsError: `encode` meets a unit that is not among them.
    """

    vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.vocabulary)

    def encode(self, text: str, name: str) -> Ids:
        """The numbers of a text's units."""
        return self.vocabulary.encode(self.vocabulary.units(text), name)

    def join(self, ids: Iterable[int]) -> bytes:
        """The units, one behind the other."""
        return self.vocabulary.join(ids)

    def names(self, text: str, ids: Ids) -> list[str]:
        """The units themselves."""
        return [self.join([number]).decode(errors="backslashreplace") for number in ids]

    def drawable(self) -> int:
        """All."""
        return len(self)


@dataclass(frozen=True)
class Words:
    """Known words in ascending order, and `<unk>`, the last symbol, for every other word."""

    words: tuple[bytes, ...]
    tokens: str

    @classmethod
    def of(cls, text: str, tokens: str) -> Words:
        """The words of a text."""
        return cls(tuple(sorted(set(_words(text, tokens)))), tokens)

    def __len__(self) -> int:
        return len(self.words) + 1

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        return {word: number for number, word in enumerate(self.words)}

    def encode(self, text: str, name: str = "") -> Ids:
        """The numbers of a text's words."""
        unknown = len(self.words)
        return np.array([self._numbers.get(word, unknown) for word in _words(text, self.tokens)], dtype=np.uint32)

    def join(self, ids: Iterable[int]) -> bytes:
        """The words with a space between them."""
        return b" ".join((*self.words, UNKNOWN)[number] for number in ids)

    def names(self, text: str, ids: Ids) -> list[str]:
        """The words of the text, the unknown ones marked."""
        words = [word.decode() for word in _words(text, self.tokens)]
        return [
            f"{word} → {UNKNOWN.decode()}" if number == len(self.words) else word
            for word, number in zip(words, ids, strict=True)
        ]

    def drawable(self) -> int:
        """The known words."""
        return len(self.words)


def _words(text: str, tokens: str) -> list[bytes]:
    return [word.encode() if isinstance(word, str) else word for word in TOKENS[tokens](text)]

"""The vocabulary of a Markov model: the units of a text, or its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from charnn.configuration.units import NormalForm
from charnn.data.text.decoding import normalized
from charnn.data.text.levels import Tokenizer
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.data.text.words import TOKENIZERS

UNKNOWN = b"<unk>"


class SymbolVocabulary(Protocol):
    """V symbols (units or words) and their ids."""

    def __len__(self) -> int:
        """V."""

    @property
    def known(self) -> int:
        """The ids below this number are those of real symbols, which a sample may contain."""

    def encode(self, text: str, name: str) -> Ids:
        """The ids of a text; `name` is what messages call it."""

    def join(self, ids: Iterable[int]) -> bytes:
        """The text of `ids`, in UTF-8."""

    def labels(self, text: str, ids: Ids) -> list[str]:
        """How to show each symbol of a text that `encode` gave these ids."""


@dataclass(frozen=True)
class UnitVocabulary:
    """The units of a text.

    Raises:
        UnknownSymbolsError: `encode` meets a unit that is not in the vocabulary.
    """

    units: Vocabulary

    def __len__(self) -> int:
        return len(self.units)

    @property
    def known(self) -> int:
        """All."""
        return len(self)

    def encode(self, text: str, name: str) -> Ids:
        """The ids of a text's units."""
        return self.units.encode(self.units.units(text), name)

    def join(self, ids: Iterable[int]) -> bytes:
        """The units one after the other."""
        return self.units.join(ids)

    def labels(self, text: str, ids: Ids) -> list[str]:
        """The units themselves."""
        return [self.join([number]).decode(errors="backslashreplace") for number in ids]


@dataclass(frozen=True)
class WordVocabulary:
    """Known words in ascending order, and then `<unk>`, the symbol for every other word."""

    words: tuple[bytes, ...]
    tokens: Tokenizer
    normalize: NormalForm = "none"

    @classmethod
    def of(cls, text: str, tokens: Tokenizer, normalize: NormalForm = "none") -> WordVocabulary:
        """The words of a text, which has this normal form already; other texts are brought into it."""
        return cls(tuple(sorted(set(_words(text, tokens)))), tokens, normalize)

    def __len__(self) -> int:
        return len(self.words) + 1

    @property
    def known(self) -> int:
        """All but `<unk>`."""
        return len(self.words)

    @cached_property
    def _ids(self) -> dict[bytes, int]:
        return {word: number for number, word in enumerate(self.words)}

    def encode(self, text: str, name: str = "") -> Ids:
        """The ids of a text's words."""
        unknown = len(self.words)
        return np.array([self._ids.get(word, unknown) for word in self._words_of(text)], dtype=np.uint32)

    def join(self, ids: Iterable[int]) -> bytes:
        """The words with a space between them."""
        return b" ".join((*self.words, UNKNOWN)[number] for number in ids)

    def labels(self, text: str, ids: Ids) -> list[str]:
        """The words of the text; an arrow to `<unk>` marks the unknown ones."""
        words = [word.decode() for word in self._words_of(text)]
        return [
            f"{word} → {UNKNOWN.decode()}" if number == len(self.words) else word
            for word, number in zip(words, ids, strict=True)
        ]

    def _words_of(self, text: str) -> list[bytes]:
        return _words(normalized(text, self.normalize), self.tokens)


def _words(text: str, tokens: Tokenizer) -> list[bytes]:
    return [word.encode() if isinstance(word, str) else word for word in TOKENIZERS[tokens](text)]

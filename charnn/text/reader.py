"""From a text to numbered symbols (words or units), block by block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from charnn.text.decoding import normalized
from charnn.text.stream import Progress, Stream
from charnn.text.units import Units, renumbered, smallest_type, units_of_source, units_of_text
from charnn.text.words import TOKENS

LEVELS = ("word", "character", "grapheme", "byte")

Numbers = NDArray[np.unsignedinteger]


class Numbering:
    """Numbers symbols 0, 1, 2, … in the order in which they are met."""

    def __init__(self) -> None:
        self._numbers: dict[bytes | str, int] = defaultdict(count().__next__)

    def __len__(self) -> int:
        return len(self._numbers)

    def of(self, symbols: Sequence[bytes | str]) -> Numbers:
        """The number of each symbol; those that are new get the next ones."""
        return np.fromiter(map(self._numbers.__getitem__, symbols), np.uint32, len(symbols))

    def symbols(self) -> list[bytes]:
        """The symbols in the order of their numbers, in UTF-8."""
        return [symbol.encode() if isinstance(symbol, str) else symbol for symbol in self._numbers]


@dataclass(frozen=True)
class Reader:
    """A text as a sequence of symbols, read as often as is wanted; a symbol keeps its number.

    Attributes:
        level: what the symbols are: `word`, or a unit (`character`, `grapheme`, `byte`).
        tokens: what a word is, one of `charnn.text.words.TOKENS`.
        block: how many bytes of the text are looked at together.
    """

    stream: Stream
    level: str
    tokens: str = "unicode-words"
    encoding: str = "utf-8"
    normalize: str = "none"
    block: int = 1 << 22
    numbering: Numbering = field(default_factory=Numbering)

    def blocks(self, progress: Progress | None = None) -> Iterator[Numbers]:
        """The numbers of the text's symbols, from its beginning.

        Raises:
            InputError: the text cannot be read or decoded.
        """
        if self.level == "byte":
            for data in self.stream.blocks(self.block, progress):
                yield self._numbered(units_of_source(data, self.stream.name, "byte"))
            return
        for text in self._pieces(progress):
            if self.level == "word":
                yield self.numbering.of(TOKENS[self.tokens](text))
            else:
                yield self._numbered(units_of_text(text, self.level))

    def _numbered(self, units: Units) -> Numbers:
        numbers = self.numbering.of(units.symbols)
        return renumbered(units.codes, numbers.astype(smallest_type(len(self.numbering))))

    def _pieces(self, progress: Progress | None) -> Iterator[str]:
        """The text cut where no symbol goes across: after white space for words, after line ends for the others."""
        rest = ""
        for text in self.stream.text(self.block, self.encoding, progress):
            if self.level == "character" and self.normalize == "none":
                yield text
                continue
            cut = 1 + max(text.rfind("\n"), text.rfind(" ") if self.level == "word" else -1)
            if cut:
                yield normalized(rest + text[:cut], self.normalize)
                rest = ""
            rest += text[cut:]
        if rest:
            yield normalized(rest, self.normalize)

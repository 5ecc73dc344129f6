"""From a text to numbered symbols (words or units), block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import regex
from numpy.typing import NDArray

from charnn.data.sources.stream import Progress, Stream
from charnn.data.text.decoding import normalized
from charnn.data.text.units import Units, renumbered, smallest_type, units_of_source, units_of_text
from charnn.data.text.words import TOKENS
from charnn.errors import CharnnError

LEVELS = ("word", "character", "grapheme", "byte")

Numbers = NDArray[np.unsignedinteger]

# The last place of a block where it can be cut: behind white space, and between two ASCII characters other than CR LF,
# the second of which joins nothing before it, as a grapheme or in a normal form.
_WORD_BORDER = regex.compile(r"(?r)\s")
_UNIT_BORDER = regex.compile(r"(?r)[\x00-\x0c\x0e-\x7f](?=[\x00-\x7f])")


class Numbering(dict[bytes | str, int]):
    """Numbers symbols 0, 1, 2, … in the order in which they are met.

    Attributes:
        length: of all symbols together.
    """

    length = 0

    def __missing__(self, symbol: bytes | str) -> int:
        self.length += len(symbol)
        number = self[symbol] = len(self)
        return number

    def of(self, symbols: Sequence[bytes | str]) -> Numbers:
        """The number of each symbol; those that are new get the next ones."""
        return np.fromiter(map(self.__getitem__, symbols), np.uint32, len(symbols))

    def symbols(self) -> list[bytes]:
        """The symbols in the order of their numbers, in UTF-8."""
        return [symbol.encode() if isinstance(symbol, str) else symbol for symbol in self]


@dataclass(frozen=True)
class Reader:
    """A text as a sequence of symbols, read as often as is wanted; a symbol keeps its number.

    Attributes:
        level: what the symbols are: `word`, or a unit (`character`, `grapheme`, `byte`).
        tokens: what a word is, one of `charnn.data.text.words.TOKENS`.
        block: how many bytes of the text are looked at together.
        longest: how many characters may stand together that cannot be cut.
    """

    stream: Stream
    level: str
    tokens: str = "unicode-words"
    encoding: str = "utf-8"
    normalize: str = "none"
    block: int = 1 << 22
    longest: int = 1 << 62
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
        """The text cut where no symbol goes across.

        Raises:
            CharnnError: there is no such place for too long.
        """
        border = _WORD_BORDER if self.level == "word" else _UNIT_BORDER
        rest = ""
        for text in self.stream.text(self.block, self.encoding, progress):
            if self.level == "character" and self.normalize == "none":
                yield text
                continue
            found = border.search(text)
            if found:
                yield normalized(rest + text[: found.end()], self.normalize)
                rest = ""
            rest += text[found.end() if found else 0 :]
            if len(rest) > self.longest:
                what = "word" if self.level == "word" else "stretch without a sure border"
                raise CharnnError(
                    f"{self.stream.name} has a {what} of more than {self.longest:,} characters: raise --memory"
                )
        if rest:
            yield normalized(rest, self.normalize)

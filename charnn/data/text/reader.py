"""From a text to a sequence of numbered symbols (words or units), block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import regex
from numpy.typing import NDArray

from charnn.configuration.units import NormalForm
from charnn.data.text.decoding import normalized
from charnn.data.text.levels import Level, Tokenizer
from charnn.data.text.text import Progress, Text
from charnn.data.text.units import Units, renumbered, smallest_type, units_of_source, units_of_text
from charnn.data.text.words import TOKENIZERS
from charnn.errors import CharnnError

Numbers = NDArray[np.unsignedinteger]

# The last border at which a block can be cut: after white space, or between two ASCII characters that are not CR LF,
# because the second of them never joins the first, neither in a grapheme cluster nor in a normal form.
_WORD_BORDER = regex.compile(r"(?r)\s")
_UNIT_BORDER = regex.compile(r"(?r)[\x00-\x0c\x0e-\x7f](?=[\x00-\x7f])")


class Numbering(dict[bytes | str, int]):
    """Numbers symbols 0, 1, 2, … in the order of their first occurrence.

    Attributes:
        length: the sum of the lengths of all symbols.
    """

    length = 0

    def __missing__(self, symbol: bytes | str) -> int:
        self.length += len(symbol)
        number = self[symbol] = len(self)
        return number

    def of(self, symbols: Sequence[bytes | str]) -> Numbers:
        """The number of each symbol; a new symbol gets the next number."""
        return np.fromiter(map(self.__getitem__, symbols), np.uint32, len(symbols))

    def symbols(self) -> list[bytes]:
        """The symbols in the order of their numbers, in UTF-8."""
        return [symbol.encode() if isinstance(symbol, str) else symbol for symbol in self]


@dataclass(frozen=True)
class Reader:
    """A text as a sequence of symbols. It can be read any number of times; a symbol keeps its number.

    Attributes:
        level: what the symbols are: words, or a unit.
        tokens: the rule that says what a word is.
        block: how many bytes are read at a time.
        longest: the most characters that may follow each other without a border at which the text can be cut.
    """

    text: Text
    level: Level
    tokens: Tokenizer = "unicode-words"
    encoding: str = "utf-8"
    normalize: NormalForm = "none"
    block: int = 1 << 22
    longest: int = 1 << 62
    numbering: Numbering = field(default_factory=Numbering)

    def blocks(self, progress: Progress | None = None) -> Iterator[Numbers]:
        """The numbers of the symbols, from the beginning of the text.

        Raises:
            InputError: the text cannot be read or decoded.
            CharnnError: more than `longest` characters follow each other without a border.
        """
        if self.level == "byte":
            for data in self.text.blocks(self.block, progress):
                yield self._numbered(units_of_source(data, self.text.name, "byte"))
            return
        for piece in self._pieces(progress):
            if self.level == "word":
                yield self.numbering.of(TOKENIZERS[self.tokens](piece))
            else:
                yield self._numbered(units_of_text(piece, self.level))

    def _numbered(self, units: Units) -> Numbers:
        numbers = self.numbering.of(units.symbols)
        return renumbered(units.codes, numbers.astype(smallest_type(len(self.numbering))))

    def _pieces(self, progress: Progress | None) -> Iterator[str]:
        """The text in pieces that no symbol crosses."""
        pattern = _WORD_BORDER if self.level == "word" else _UNIT_BORDER
        rest = ""
        for characters in self.text.characters(self.block, self.encoding, progress):
            if self.level == "character" and self.normalize == "none":
                yield characters
                continue
            border = pattern.search(characters)
            if border:
                yield normalized(rest + characters[: border.end()], self.normalize)
                rest = ""
            rest += characters[border.end() if border else 0 :]
            if len(rest) > self.longest:
                what = "word" if self.level == "word" else "stretch without a border between its symbols"
                raise CharnnError(
                    f"{self.text.name} has a {what} of more than {self.longest:,} characters: raise --memory"
                )
        if rest:
            yield normalized(rest, self.normalize)

"""The vocabulary: the id of each unit, and an error for units that it does not contain."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.units import NORMAL_FORMS, SYMBOL_UNITS, NormalForm, SymbolUnit
from charnn.data.text.decoding import EncodingError, normalized
from charnn.data.text.units import Ids, Units, smallest_type, units_of_source, units_of_text
from charnn.errors import InputError, RunError

_SHOWN = 5


class UnknownSymbolsError(InputError):
    """A text has units that are not in the vocabulary."""


@dataclass(frozen=True)
class Vocabulary:
    """V symbols in ascending order; the id of a symbol is its index.

    Attributes:
        symbols: each symbol in UTF-8 (for the unit `byte`: one raw byte).
        unit: what the symbols are.
        normalize: the normal form that texts are brought into.
    """

    symbols: tuple[bytes, ...]
    unit: SymbolUnit = "character"
    normalize: NormalForm = "none"

    def __len__(self) -> int:
        return len(self.symbols)

    @cached_property
    def ids(self) -> dict[bytes, int]:
        """The id of each symbol."""
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    def units(self, text: str) -> Units:
        """Cut a text into this vocabulary's units."""
        return units_of_text(normalized(text, self.normalize), self.unit)

    def units_of_source(self, data: bytes, name: str, encoding: str = "utf-8") -> Units:
        """Cut the bytes of a text into this vocabulary's units.

        Raises:
            InputError: the text is empty, binary, or not in this encoding.
        """
        try:
            return units_of_source(data, name, self.unit, encoding, self.normalize)
        except EncodingError as error:
            raise error.for_run(encoding) from None

    def can_write(self, text: str) -> bool:
        """Whether all characters of a text occur in symbols, so that it could come up in what a model writes."""
        written = normalized(text, self.normalize)
        known = set(b"".join(self.symbols)) if self.unit == "byte" else set(b"".join(self.symbols).decode())
        return known.issuperset(written.encode() if self.unit == "byte" else written)

    def encode(self, units: Units, name: str, *, skip_unknown: bool = False) -> Ids:
        """The ids of a text, in the smallest integer type that fits.

        Raises:
            UnknownSymbolsError: the text has units that are not in the vocabulary, and `skip_unknown` is off;
                the message names them, each with the position of its first occurrence.
        """
        known = self.knows(units)
        numbers = np.array([self.ids.get(symbol, 0) for symbol in units.symbols], dtype=smallest_type(len(self)))
        if known.all() or skip_unknown:
            encoded: Ids = numbers[units.codes if known.all() else units.codes[known]]
            return encoded
        raise UnknownSymbolsError(self._unknown(units, known, name))

    def knows(self, units: Units) -> NDArray[np.bool_]:
        """(N,) whether each unit of a text is in the vocabulary."""
        known = np.array([symbol in self.ids for symbol in units.symbols], dtype=bool)
        of_each: NDArray[np.bool_] = known[units.codes]
        return of_each

    def _unknown(self, units: Units, known: NDArray[np.bool_], name: str) -> str:
        positions = np.flatnonzero(~known)
        codes, first = np.unique(units.codes[positions], return_index=True)
        order = np.argsort(first)
        shown = [f"{self.shown(units.symbols[codes[i]])} at position {positions[first[i]]}" for i in order[:_SHOWN]]
        more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
        return f"{name} has {self.unit}s that the training text does not contain: {', '.join(shown)}{more}"

    def shown(self, symbol: bytes) -> str:
        """A symbol as a message shows it."""
        if self.unit == "byte":
            return f"0x{symbol[0]:02x}"
        text = symbol.decode()
        if self.unit == "label":  # a name, which has many code points
            return repr(text)
        points = " ".join(f"U+{ord(character):04X}" for character in text)
        return f"{text!r} ({points})"

    def join(self, ids: Iterable[int]) -> bytes:
        """The text of `ids`, in UTF-8 (for the unit `byte`: the raw bytes)."""
        blank = b" " if self.unit == "token" else b""
        return blank.join(self.symbols[number] for number in ids)

    def text(self, ids: Iterable[int]) -> str:
        """The text of `ids`; bytes that are not UTF-8 become U+FFFD."""
        return self.join(ids).decode(errors="replace")

    def to_json(self) -> str:
        """The content of `vocabulary.json`."""
        symbols = [symbol[0] if self.unit == "byte" else symbol.decode() for symbol in self.symbols]
        document = {"unit": self.unit, "normalize": self.normalize, "symbols": symbols}
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, document: str, name: str) -> Vocabulary:
        """Read what `to_json` wrote.

        Raises:
            RunError: the document is not a vocabulary.
        """
        try:
            fields = json.loads(document)
            unit, normalize = fields["unit"], fields["normalize"]
            symbols = tuple(bytes([symbol]) if unit == "byte" else symbol.encode() for symbol in fields["symbols"])
        except (ValueError, TypeError, KeyError, AttributeError):
            raise RunError(f"{name} is not a vocabulary of charnn, or is damaged") from None
        if unit not in SYMBOL_UNITS or normalize not in NORMAL_FORMS:
            raise RunError(f"{name} has an unknown unit or normal form")
        if not symbols or list(symbols) != sorted(set(symbols)):
            raise RunError(f"{name} is damaged: its symbols are not in ascending order")
        return cls(symbols, unit, normalize)

"""A whole text, ready for training: its ids, its vocabulary and its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from charnn.configuration.units import NormalForm, Unit
from charnn.data.running_text.splits import split_ranges
from charnn.data.sources.cache import encoded
from charnn.data.sources.opening import open_text
from charnn.data.text.text import Text
from charnn.data.text.units import Ids, Units, units_of_source
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError

LARGE = 32_000_000
"""From this size in bytes on, a text stays in its file, and its ids are mapped into memory from the cache."""


@dataclass(frozen=True)
class Dataset:
    """The ids of a text, the vocabulary of all of it, and the range of each part."""

    text: Text
    ids: Ids
    vocabulary: Vocabulary
    parts: dict[str, range]

    def part(self, name: str) -> Ids:
        """The ids of `train`, `validation` or `test`."""
        span = self.parts[name]
        return self.ids[span.start : span.stop]

    def in_vocabulary(self, vocabulary: Vocabulary) -> Dataset:
        """The same text in the ids of another vocabulary.

        Raises:
            UnknownSymbolsError: it has symbols that are not in that vocabulary.
        """
        if vocabulary == self.vocabulary:
            return self
        units = Units(self.ids, self.vocabulary.symbols)
        return replace(self, ids=vocabulary.encode(units, self.text.name), vocabulary=vocabulary)


def read_dataset(
    source: str | None = None,
    text: str | None = None,
    *,
    unit: Unit = "character",
    normalize: NormalForm = "none",
    encoding: str = "utf-8",
    split: Sequence[float] = (1.0,),
    sha256: str | None = None,
) -> Dataset:
    """Read the text that the section `corpus` of a configuration describes.

    Raises:
        InputError: the text is not available or cannot be used, does not have this `sha256`, or leaves fewer than
            two units for a part, so that there is not a single step to learn or predict.
    """
    if source is None:
        # A text that is written in the configuration is UTF-8, whatever `encoding` says about files.
        opened, encoding = Text.from_bytes("the text", (text or "").encode()), "utf-8"
    else:
        opened = open_text(source)
        if opened.size < LARGE:
            opened = opened.into_memory()
    if sha256 is not None and opened.sha256 != sha256:
        raise InputError(f"{opened.name} has changed: its sha256 is {opened.sha256} instead of {sha256}")
    if opened.size < LARGE:
        units = units_of_source(opened.data, opened.name, unit, encoding, normalize)
    else:
        units = encoded(opened, unit, encoding, normalize)
    parts = split_ranges(len(units.codes), split)
    for part, _ in zip(parts, split, strict=False):
        if len(parts[part]) < 2:
            raise InputError(
                f"{opened.name} is too short: {len(units.codes)} {unit}s leave {len(parts[part])} for the {part} part, "
                "which needs at least 2"
            )
    return Dataset(opened, units.codes, Vocabulary(units.symbols, unit, normalize), parts)

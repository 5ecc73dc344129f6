"""A whole text, ready to be learned from: ids, vocabulary and parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charnn.data.running_text.splits import split_ranges
from charnn.data.sources.cache import encoded
from charnn.data.sources.corpora import Text
from charnn.data.sources.stream import Stream, open_stream
from charnn.data.text.units import Ids, Units, units_of_source
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError

# Texts of this size, in bytes, are encoded into the cache and mapped into memory from there.
LARGE = 32_000_000


@dataclass(frozen=True)
class Dataset:
    """The ids of a text, the vocabulary of the whole of it, and where its parts lie."""

    text: Text | Stream
    ids: Ids
    vocabulary: Vocabulary
    parts: dict[str, range]

    def part(self, name: str) -> Ids:
        """The ids of `train`, `validation` or `test`."""
        span = self.parts[name]
        return self.ids[span.start : span.stop]


def read_dataset(
    source: str | None = None,
    text: str | None = None,
    *,
    unit: str = "character",
    normalize: str = "none",
    encoding: str = "utf-8",
    split: Sequence[float] = (1.0,),
    sha256: str | None = None,
) -> Dataset:
    """Read the text that the section `corpus` of a configuration describes.

    Raises:
        InputError: the text cannot be had or used, is not the one with that `sha256`, or leaves a part that
            was asked for without a single step to learn or predict.
    """
    # A text that stands in the configuration is UTF-8, whatever `encoding` says of files.
    found = _open(source) if source is not None else Text("the text", (text or "").encode())
    encoding = encoding if source is not None else "utf-8"
    if sha256 is not None and found.sha256 != sha256:
        raise InputError(f"{found.name} has changed: its sha256 is {found.sha256}, and {sha256} is meant")
    units = _units(found, unit, encoding, normalize)
    vocabulary = Vocabulary(units.symbols, unit, normalize)
    parts = split_ranges(len(units.codes), split)
    for part, _ in zip(parts, split, strict=False):
        if len(parts[part]) < 2:
            raise InputError(
                f"{found.name} is too short: {len(units.codes)} {unit}s leave {len(parts[part])} for the {part} part, "
                "and it needs at least 2"
            )
    return Dataset(found, units.codes, vocabulary, parts)


def _open(source: str) -> Text | Stream:
    """The text: in memory, unless it is large."""
    stream = open_stream(source)
    if stream.size >= LARGE:
        return stream
    with stream:
        return Text(stream.name, b"".join(stream.blocks(LARGE)))


def _units(text: Text | Stream, unit: str, encoding: str, normalize: str) -> Units:
    if isinstance(text, Stream):
        return encoded(text, unit, encoding, normalize)
    return units_of_source(text.data, text.name, unit, encoding, normalize)

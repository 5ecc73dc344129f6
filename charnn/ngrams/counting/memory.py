"""Counting in bounded memory: the bound itself, and how much may be held at a time to stay below it."""

from __future__ import annotations

from charnn.data.text.reader import Reader
from charnn.errors import CharnnError, UsageError
from charnn.ngrams.counting.packing import Packing

MEGABYTE = 1_000_000
SMALLEST_MEMORY = 200 * MEGABYTE

# Memory in bytes, as measured, with room for what the allocator keeps.
_INTERPRETER = 115 * MEGABYTE
_PER_BYTE_OF_BLOCK = 45
_PER_SYMBOL = 160
_PER_WORD_OF_ROW = 60


def check_memory(memory: int | None) -> None:
    """Refuse a bound that the interpreter alone would exceed.

    Raises:
        UsageError: it is too small.
    """
    if memory is not None and memory < SMALLEST_MEMORY:
        given = f"{memory / MEGABYTE:g}M" if memory >= MEGABYTE else f"{memory:,} bytes"
        raise UsageError(f"the memory must be at least {SMALLEST_MEMORY // MEGABYTE}M, not {given}")


def block_size(memory: int | None, order: int) -> int:
    """How many bytes of a text to read at a time within a bound on the memory."""
    words = -(-order // 8)
    return max(1 << 12, (4 * MEGABYTE if memory is None else min(4 * MEGABYTE, memory // 256)) // words)


def rows_in_memory(memory: int | None, reader: Reader, packing: Packing) -> int:
    """How many rows of tables with this packing may be in memory, next to the symbols that were read so far.

    Raises:
        CharnnError: the symbols leave too little memory.
    """
    if memory is None:
        return 1 << 62
    symbols = len(reader.numbering) * _PER_SYMBOL + reader.numbering.length
    free = memory - _INTERPRETER - memory // 256 * _PER_BYTE_OF_BLOCK
    if symbols > free * 3 // 4:
        raise CharnnError(
            f"{len(reader.numbering):,} different {reader.level}s do not fit into "
            f"{memory // MEGABYTE}M of memory: raise --memory"
        )
    return (free - symbols) // ((len(packing.words) + 1) * _PER_WORD_OF_ROW)

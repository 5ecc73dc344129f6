"""From the bytes of a text to its characters, with the byte offset of whatever is not text."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal, cast

from charnn.errors import InputError

_SURROGATE = re.compile("[\ud800-\udfff]")

Normalization = Literal["none", "NFC", "NFKC"]


def decode(data: bytes, name: str, encoding: str = "utf-8", normalize: str = "none") -> str:
    """The characters of `data`: a byte-order mark is dropped, line ends are kept as they are.

    Raises:
        InputError: `data` is empty, binary or not in `encoding`; `name` and the byte offset are named.
    """
    if not data:
        raise InputError(f"{name} is empty")
    return normalized("".join(decoded([data], name, encoding)), normalize)


def decoded(blocks: Iterable[bytes], name: str, encoding: str = "utf-8") -> Iterator[str]:
    """The characters of a text that comes in blocks of bytes, which may end within a character.

    Raises:
        InputError: the text is binary or not in `encoding`; `name` and the byte offset are named.
    """
    codec = _find_codec(encoding)
    decoder = codecs.getincrementaldecoder(codec.name)()
    offset = lines = 0
    mark = "\ufeff"
    for block in chain(blocks, [b""]):
        if codec.name == "utf-8" and b"\0" in block:
            raise InputError(
                f"{name} is binary, not text: a zero byte at byte {offset + block.index(0)}"
                " (for raw bytes set `corpus.unit: byte` or `--level byte`; UTF-16 is an encoding to be named,"
                " by `corpus.encoding` or `--encoding`)"
            )
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            # What the decoder looked at begins with the bytes that it had kept of the block before.
            data, begin = error.object, offset + len(block) - len(error.object)
            line = lines + data.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"{name} is not {codec.name}: byte 0x{data[error.start]:02x} at byte {begin + error.start}"
                f" (line {line}): {error.reason}; if the text is in another encoding, name it by"
                " `corpus.encoding` or `--encoding`"
            ) from None
        except UnicodeError as error:
            raise InputError(f"{name} cannot be read as {codec.name}: {error}") from None
        if codec.name != "utf-8" and _SURROGATE.search(text):
            raise InputError(f"{name} is no text: read as {codec.name}, it has halves of surrogate pairs")
        offset += len(block)
        lines += block.count(b"\n")
        if text:
            yield text.removeprefix(mark)
            mark = ""


def normalized(text: str, form: str) -> str:
    """The text in a Unicode normal form, or as it is for `none`."""
    return text if form == "none" else unicodedata.normalize(cast(Literal["NFC", "NFKC"], form), text)


def _find_codec(encoding: str) -> codecs.CodecInfo:
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise InputError(f"unknown encoding `{encoding}`: Python knows utf-8, utf-16, cp1256, latin-1, …") from None
    if not codec._is_text_encoding:
        raise InputError(f"`{encoding}` is no encoding of characters")
    return codec

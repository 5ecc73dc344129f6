"""From the bytes of a text to its characters, with the byte offset of whatever is not text."""

from __future__ import annotations

import codecs
import unicodedata
from typing import Literal, cast

from charnn.errors import InputError

Normalization = Literal["none", "NFC", "NFKC"]


def decode(data: bytes, name: str, encoding: str = "utf-8", normalize: str = "none") -> str:
    """The characters of `data`: a byte-order mark is dropped, line ends are kept as they are.

    Raises:
        InputError: `data` is empty, binary or not in `encoding`; `name` and the byte offset are named.
    """
    if not data:
        raise InputError(f"{name} is empty")
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise InputError(f"unknown encoding `{encoding}`: Python knows utf-8, utf-16, cp1256, latin-1, …") from None
    if not codec._is_text_encoding:
        raise InputError(f"`{encoding}` is no encoding of characters")
    if codec.name == "utf-8" and b"\0" in data:
        raise InputError(
            f"{name} is binary, not text: a zero byte at byte {data.index(0)}"
            " (for raw bytes set `corpus.unit: byte`; for UTF-16 set `corpus.encoding: utf-16`)"
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name} is not {codec.name}: byte 0x{data[error.start]:02x} at byte {error.start} (line {line}): "
            f"{error.reason}; if the text is in another encoding, name it in `corpus.encoding`"
        ) from None
    except UnicodeError as error:
        raise InputError(f"{name} cannot be read as {codec.name}: {error}") from None
    return normalized(text.removeprefix("\ufeff"), normalize)


def normalized(text: str, form: str) -> str:
    """The text in a Unicode normal form, or as it is for `none`."""
    return text if form == "none" else unicodedata.normalize(cast(Literal["NFC", "NFKC"], form), text)

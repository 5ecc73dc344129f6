"""From the bytes of a text to its characters; an error tells which byte is not text."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain

import regex

from charnn.configuration.units import NormalForm
from charnn.errors import InputError

_SURROGATE = re.compile("[\ud800-\udfff]")
_MANY_MARKS = regex.compile(r"[^\p{CCC=0}]{100,}")
_PERSIAN = str.maketrans("يىك٠١٢٣٤٥٦٧٨٩", "ییک۰۱۲۳۴۵۶۷۸۹", "\u0640")
_BYTE_ORDER_MARK = "\ufeff"


def decode(data: bytes, name: str, encoding: str = "utf-8", normalize: NormalForm = "none") -> str:
    """The characters of `data`. A byte-order mark is dropped; line ends are kept as they are.

    Args:
        name: what messages call the text.
        normalize: the normal form to bring it into.

    Raises:
        InputError: `data` is empty, binary, or not in this encoding; the message tells the byte offset.
    """
    if not data:
        raise InputError(f"{name} is empty")
    return normalized("".join(decode_blocks([data], name, encoding)), normalize)


def decode_blocks(blocks: Iterable[bytes], name: str, encoding: str = "utf-8") -> Iterator[str]:
    """The characters of a text that comes in blocks of bytes; a block may end within a character.

    Raises:
        InputError: the text is binary, or not in this encoding; the message tells the byte offset.
    """
    codec = _find_codec(encoding)
    decoder = codecs.getincrementaldecoder(codec.name)()
    offset = lines = 0
    mark = _BYTE_ORDER_MARK
    for block in chain(blocks, [b""]):
        if not offset:
            check_not_compressed(block, name)
        if codec.name == "utf-8" and b"\0" in block:
            raise _binary(name, offset + block.index(0))
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise _not_in_encoding(name, codec.name, error, offset + len(block), lines) from None
        except UnicodeError as error:
            raise InputError(f"{name} cannot be read as {codec.name}: {error}") from None
        if codec.name != "utf-8" and _SURROGATE.search(text):
            raise InputError(f"{name} is not text: read as {codec.name}, it contains halves of surrogate pairs")
        offset += len(block)
        lines += block.count(b"\n")
        if text:
            yield text.removeprefix(mark)
            mark = ""


def normalized(text: str, form: NormalForm) -> str:
    """The text in a normal form; `none` leaves it as it is.

    `persian` is NFC with one code point for each letter and digit: the Arabic ya (ي, ى) and kaf (ك) become the Persian
    ones (ی, ک), Arabic digits Persian ones, and the tatweel (ـ), which only widens a word, is left out.
    """
    if form == "none":
        return text
    if form == "persian":
        # A mark may stand next to another letter once the tatweel between them is gone.
        return normalized(normalized(text, "NFC").translate(_PERSIAN), "NFC")
    # Python sorts the marks of a character by insertion. Where there are hundreds, they come to it sorted.
    ordered = _MANY_MARKS.sub(lambda marks: "".join(sorted(marks[0], key=unicodedata.combining)), text)
    return unicodedata.normalize(form, ordered)


def _find_codec(encoding: str) -> codecs.CodecInfo:
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise InputError(f"unknown encoding `{encoding}`: Python knows utf-8, utf-16, cp1256, latin-1, …") from None
    if not codec._is_text_encoding:
        raise InputError(f"`{encoding}` is not an encoding of characters")
    return codec


class EncodingError(InputError):
    """A text is not in the encoding that it is read in.

    Attributes:
        fact: what was found; the message goes on with what to do about it.
    """

    def __init__(self, fact: str, mend: str) -> None:
        super().__init__(f"{fact}{mend}")
        self.fact = fact

    def for_run(self, encoding: str) -> InputError:
        """The error where the text goes to a run, whose encoding no option changes."""
        return InputError(f"{self.fact}: the run reads {encoding}, so convert the text to it")


# How a compressed file begins, and what prints its content.
_COMPRESSED = {
    b"\x1f\x8b": "gzip -dc",
    b"BZh": "bzip2 -dc",
    b"\xfd7zXZ\0": "xz -dc",
    b"\x28\xb5\x2f\xfd": "zstd -dc",
    b"PK\3\4": "unzip -p",
}


def check_not_compressed(beginning: bytes, name: str) -> None:
    """Refuse a compressed file, which a user takes for the text in it.

    Raises:
        InputError: it is one; the message says how to read it.
    """
    for signature, tool in _COMPRESSED.items():
        if beginning.startswith(signature):
            raise InputError(f"{name} is compressed: `{tool} FILE | charnn …` with - as the text reads what is in it")


def _binary(name: str, offset: int) -> EncodingError:
    return EncodingError(
        f"{name} is binary, not text: a zero byte at byte {offset}",
        " (to read raw bytes, set `corpus.unit: byte` or `--level byte`; if the text is UTF-16, name that encoding by"
        " `corpus.encoding` or `--encoding`)",
    )


def _not_in_encoding(name: str, codec: str, error: UnicodeDecodeError, end: int, lines: int) -> EncodingError:
    """The error for a byte that cannot be decoded.

    Args:
        end: the byte offset where the block ends.
        lines: how many line ends lie before the block.
    """
    # The decoder's bytes begin with those that it kept of the block before.
    data, begin = error.object, end - len(error.object)
    line = lines + data.count(b"\n", 0, error.start) + 1
    return EncodingError(
        f"{name} is not {codec}: byte 0x{data[error.start]:02x} at byte {begin + error.start} (line {line}):"
        f" {error.reason}",
        "; if the text is in another encoding, name it by `corpus.encoding` or `--encoding`",
    )

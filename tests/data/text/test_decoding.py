"""From bytes to characters: every way in which bytes are no text has a message with its place."""

from __future__ import annotations

import pytest

from charnn.data.text.decoding import decode
from charnn.errors import InputError


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_dropped_and_line_ends_are_kept(mark: bytes) -> None:
    assert decode(mark + b"a\r\nb\rc\n", "text") == "a\r\nb\rc\n"


@pytest.mark.parametrize("encoding", ["utf-16", "cp1256", "iso-8859-6", "UTF8"])
def test_other_encodings_by_name(encoding: str) -> None:
    assert decode("سلام".encode(encoding), "text", encoding) == "سلام"


def test_normal_forms_on_demand() -> None:
    assert decode("e\u0301ﬁ".encode(), "text") == "e\u0301ﬁ"
    assert decode("e\u0301ﬁ".encode(), "text", normalize="NFC") == "éﬁ"
    assert decode("e\u0301ﬁ".encode(), "text", normalize="NFKC") == "éfi"


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (b"", "utf-8", "x.txt is empty"),
        (b"ab\xff\n", "utf-8", "x.txt is not utf-8: byte 0xff at byte 2 .line 1.: invalid start byte"),
        (b"\xef\xbb\xbfa\nb\xc3(", "utf-8", "byte 0xc3 at byte 6 .line 2.: invalid continuation byte"),
        (b"abc\xd9", "utf-8", "byte 0xd9 at byte 3 .line 1.: unexpected end of data"),
        (b"PK\x03\x04\x00\x01", "utf-8", "x.txt is binary, not text: a zero byte at byte 4"),
        (b"abc", "utf-9", "unknown encoding `utf-9`"),
        (b"abc", "rot13", "`rot13` is no encoding of characters"),
        (b"abc\x81", "ascii", "x.txt is not ascii: byte 0x81 at byte 3"),
    ],
)
def test_what_is_no_text_is_named_with_its_place(data: bytes, encoding: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode(data, "x.txt", encoding)

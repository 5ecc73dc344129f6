"""From bytes to characters; whatever is not text is an error that names the byte."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.units import NORMAL_FORMS
from charnn.data.text.decoding import decode, decode_blocks, normalized
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
        (b"MZ\x03\x04\x00\x01", "utf-8", "x.txt is binary, not text: a zero byte at byte 4"),
        (b"abc", "utf-9", "unknown encoding `utf-9`"),
        (b"abc", "rot13", "`rot13` is not an encoding of characters"),
        (b"abc\x81", "ascii", "x.txt is not ascii: byte 0x81 at byte 3"),
    ],
)
def test_what_is_not_text_is_named_with_its_byte(data: bytes, encoding: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode(data, "x.txt", encoding)


@given(st.text(), st.integers(1, 5), st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-32"]))
def test_blocks_may_end_within_a_character(text: str, size: int, encoding: str) -> None:
    data = text.encode(encoding, "replace")
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    assert "".join(decode_blocks(blocks, "text", encoding)) == (decode(data, "text", encoding) if data else "")


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_byte_is_counted_from_the_beginning_of_the_whole_text(size: int) -> None:
    data = "aé\nb\n".encode() + b"c\xc3("
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    with pytest.raises(InputError, match=r"x is not utf-8: byte 0xc3 at byte 7 \(line 3\): invalid continuation byte"):
        list(decode_blocks(blocks, "x"))
    with pytest.raises(InputError, match=r"at byte 7 \(line 3\): unexpected end of data"):
        list(decode_blocks([data[:4], data[4:8]], "x"))
    with pytest.raises(InputError, match="a zero byte at byte 5"):
        list(decode_blocks([b"abc", b"de\0"], "x"))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("كتابي", "کتابی"),
        ("موسى ٣٫٥", "موسی ۳٫۵"),
        ("خــدا", "خدا"),
        ("مسئول", "مسئول"),
        ("مس\u064a\u0654ول", "مسئول"),
        ("ا\u0640\u0653", "آ"),
        ("می\u200cخواهم abc 12", "می\u200cخواهم abc 12"),
    ],
)
def test_persian_has_one_code_point_for_each_letter_and_digit(text: str, folded: str) -> None:
    assert normalized(text, "persian") == unicodedata.normalize("NFC", folded)


@given(st.text("يىكـ٠٩ی\u0654\u0653\u0301اهabe") | st.text())
def test_a_normal_form_is_its_own(text: str) -> None:
    for form in NORMAL_FORMS:
        once = normalized(text, form)
        assert normalized(once, form) == once

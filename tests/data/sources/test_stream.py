"""Texts that are read in blocks, again and again."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.sources.stream import open_stream
from charnn.data.text.decoding import decode, decoded
from charnn.errors import InputError


@given(st.text(), st.integers(1, 5), st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-32"]))
def test_blocks_may_end_within_a_character(text: str, size: int, encoding: str) -> None:
    data = text.encode(encoding, "replace")
    blocks = [data[place : place + size] for place in range(0, len(data), size)]
    assert "".join(decoded(blocks, "text", encoding)) == (decode(data, "text", encoding) if data else "")


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_what_is_no_text_is_named_with_its_place_in_the_whole(size: int) -> None:
    data = "aé\nb\n".encode() + b"c\xc3("
    blocks = [data[place : place + size] for place in range(0, len(data), size)]
    with pytest.raises(InputError, match=r"x is not utf-8: byte 0xc3 at byte 7 \(line 3\): invalid continuation byte"):
        list(decoded(blocks, "x"))
    with pytest.raises(InputError, match=r"at byte 7 \(line 3\): unexpected end of data"):
        list(decoded([data[:4], data[4:8]], "x"))
    with pytest.raises(InputError, match="a zero byte at byte 5"):
        list(decoded([b"abc", b"de\0"], "x"))


def test_a_file_is_read_as_often_as_is_wanted() -> None:
    Path("a.txt").write_bytes(b"one\ntwo\n")
    told: list[float] = []
    with open_stream("a.txt") as text:
        assert (text.name, text.size, text.is_ascii(3)) == ("a.txt", 8, True)
        assert list(text.blocks(5, told.append)) == [b"one\nt", b"wo\n"]
        # Two readings at a time do not disturb each other, and a vanished file is still open.
        Path("a.txt").unlink()
        assert list(zip(text.blocks(4), text.blocks(4), strict=True)) == [(b"one\n", b"one\n"), (b"two\n", b"two\n")]
        assert "".join(text.text(3)) == "one\ntwo\n"
    assert told == [5 / 8, 1.0]
    assert text.file.closed


def test_standard_input_and_pipes_are_read_again_from_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("سلام".encode())))
    with open_stream("-") as text:
        assert [b"".join(text.blocks(3)).decode() for _ in range(2)] == ["سلام"] * 2
        assert not text.is_ascii(3)
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(b"through a pipe"))
    writer.start()
    with open_stream("pipe") as text:
        assert [b"".join(text.blocks(3)) for _ in range(2)] == [b"through a pipe"] * 2
    writer.join()


def test_corpora_are_verified_and_read() -> None:
    with open_stream("python-docs") as text:
        assert text.size == sum(map(len, text.blocks(1 << 16))) > 100_000


@pytest.mark.parametrize(
    ("name", "message"), [("none.txt", "no text `none.txt`"), (".", "is a folder"), ("empty.txt", "empty.txt is empty")]
)
def test_what_cannot_be_opened(name: str, message: str) -> None:
    Path("empty.txt").touch()
    with pytest.raises(InputError, match=message):
        open_stream(name)

"""The bytes of a text: read whole and in blocks, hashed, copied."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from charnn.data.sources.opening import open_text
from charnn.data.text.text import Text
from charnn.errors import InputError


def test_a_file_is_read_as_often_as_is_wanted() -> None:
    Path("a.txt").write_bytes(b"one\ntwo\n")
    told: list[float] = []
    with open_text("a.txt") as text:
        assert (text.name, text.size, text.first_beyond_ascii(3)) == ("a.txt", 8, None)
        assert list(text.blocks(5, told.append)) == [b"one\nt", b"wo\n"]
        # Two readings at a time do not disturb each other, and a vanished file is still open.
        Path("a.txt").unlink()
        assert list(zip(text.blocks(4), text.blocks(4), strict=True)) == [(b"one\n", b"one\n"), (b"two\n", b"two\n")]
        assert "".join(text.characters(3)) == "one\ntwo\n"
    assert told == [5 / 8, 1.0]
    assert text.file.closed


def test_a_text_in_memory_and_one_in_a_file_are_alike() -> None:
    data = "سلام".encode() * 1000
    Path("a.txt").write_bytes(data)
    with open_text("a.txt") as opened:
        for text in (opened, Text.from_bytes("a.txt", data)):
            assert (text.name, text.size, text.data) == ("a.txt", len(data), data)
            assert text.sha256 == hashlib.sha256(data).hexdigest()
            assert "".join(text.characters(7)).encode() == data
            text.copy_to(Path("copy.txt"))
            assert Path("copy.txt").read_bytes() == data


def test_a_text_is_moved_into_memory() -> None:
    Path("a.txt").write_bytes(b"before")
    opened = open_text("a.txt")
    text = opened.into_memory()
    assert opened.file.closed
    Path("a.txt").write_bytes(b"after it")
    assert (text.name, text.size, text.data) == ("a.txt", 6, b"before")


def test_a_file_that_cannot_be_read_is_named() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    text = Text("a.txt", Broken(), 3)
    with pytest.raises(InputError, match="cannot read a.txt: Input/output error"):
        list(text.blocks(1))


def test_a_file_that_shrinks_while_it_is_read_is_no_shorter_text() -> None:
    path = Path("a.txt")
    path.write_bytes(b"x" * 1_000_000)
    with path.open("rb") as file:
        blocks = Text("a.txt", file, 1_000_000).blocks(400_000)
        assert len(next(blocks)) == 400_000
        os.truncate(path, 500_000)
        assert len(next(blocks)) == 100_000
        with pytest.raises(InputError, match="a.txt has shrunk from 1,000,000 to 500,000 bytes meanwhile"):
            next(blocks)

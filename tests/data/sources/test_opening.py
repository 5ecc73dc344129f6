"""Standard input, files, pipes and corpora: opened, or read into memory."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from charnn.data.sources.opening import open_text, read_text
from charnn.errors import InputError


def test_standard_input_and_pipes_are_read_again_from_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("سلام".encode())))
    with open_text("-") as text:
        assert [b"".join(text.blocks(3)).decode() for _ in range(2)] == ["سلام"] * 2
        assert text.first_beyond_ascii(3) is not None
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(b"through a pipe"))
    writer.start()
    with open_text("pipe") as text:
        assert [b"".join(text.blocks(3)) for _ in range(2)] == [b"through a pipe"] * 2
    writer.join()


def test_a_text_in_memory_equals_the_open_one(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.txt").write_bytes(b"content")
    assert (read_text("a.txt").name, read_text("a.txt").data) == ("a.txt", b"content")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"content")))
    piped = read_text("-")
    assert (piped.name, piped.data, piped.size) == ("standard input", b"content", 7)
    Path("empty.txt").touch()
    assert read_text("empty.txt").data == b""


def test_python_docs_need_no_network() -> None:
    with open_text("python-docs") as text:
        assert text.size == sum(map(len, text.blocks(1 << 16))) > 300_000
        assert text.data == read_text("python-docs").data


def test_a_name_is_shown_without_control_characters() -> None:
    name = os.fsdecode(b"a\xff\x1b[31m.txt")
    Path(name).write_bytes(b"content")
    with open_text(name) as text:
        assert text.name == "a\\xff\\x1b[31m.txt"


@pytest.mark.parametrize(
    ("name", "message"), [("none.txt", "no text `none.txt`"), (".", "is a folder"), ("empty.txt", "empty.txt is empty")]
)
def test_what_cannot_be_opened(name: str, message: str) -> None:
    Path("empty.txt").touch()
    with pytest.raises(InputError, match=message):
        open_text(name)


def test_a_name_that_is_too_long_is_not_a_text() -> None:
    for read in (open_text, read_text):
        with pytest.raises(InputError, match="no such file, and no corpus of that name"):
            read("x" * 5000)

"""Logs are whole up to their last line end, however a write or the process ends."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.errors import RunError
from charnn.runs.logs import append_row, cut_log, read_rows, size_of

LOG = Path("log.jsonl")

values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(rows=st.lists(st.dictionaries(st.text(), values, max_size=4), max_size=6))
def test_rows_come_back_in_order(rows: list[dict[str, Any]]) -> None:
    LOG.unlink(missing_ok=True)
    for row in rows:
        append_row(LOG, row)
    assert read_rows(LOG) == rows
    assert len(LOG.read_bytes().splitlines()) == len(rows) if rows else not LOG.exists()


def test_a_log_that_is_not_there_is_empty() -> None:
    assert (read_rows(LOG), size_of(LOG)) == ([], 0)


@given(left=st.integers(1, 20))
def test_a_last_row_that_was_cut_off_does_not_count(left: int) -> None:
    LOG.unlink(missing_ok=True)
    append_row(LOG, {"step": 1})
    whole = LOG.read_bytes()
    append_row(LOG, {"text": "ساعت و زمان"})
    LOG.write_bytes(LOG.read_bytes()[: len(whole) + left])
    assert read_rows(LOG) == [{"step": 1}]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{]\n{}\n", "is damaged"),
        (b'{"a": 1}\n[1]\n', "a row of it is not a mapping"),
        (b"\xff\n{}\n", "is damaged"),
        (b"\0\0\n{}\n", "is damaged"),
        (b"[" * 100_000 + b"\n", "is damaged"),
    ],
)
def test_a_damaged_log_is_named(content: bytes, why: str) -> None:
    LOG.write_bytes(content)
    with pytest.raises(RunError, match=f"log.jsonl.*{why}"):
        read_rows(LOG)


@pytest.mark.parametrize("torn", [b'{"step": 2, "lo', b'{"step": 2, "lo\n', b"\0\0\0\0", b"\0\0\n", b"\xd8", b"\n"])
def test_a_last_row_that_was_torn_does_not_count(torn: bytes) -> None:
    LOG.write_bytes(b'{"step": 1}\n' + torn)
    assert read_rows(LOG) == [{"step": 1}]


def test_what_is_not_a_number_is_not_written() -> None:
    append_row(LOG, {"step": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        append_row(LOG, {"loss": float("nan")})
    assert read_rows(LOG) == [{"step": 1}]


@pytest.mark.parametrize("raises", [True, False], ids=["an error", "a short write"])
def test_a_row_that_cannot_be_written_leaves_the_log_as_it_was(raises: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    append_row(LOG, {"step": 1})
    before, opened = LOG.read_bytes(), Path.open

    class Full(io.FileIO):
        """A file on a disk that takes three more bytes."""

        def write(self, data: Any) -> int:
            super().write(bytes(data)[:3])
            if raises:
                raise OSError(28, "No space left on device")
            return 3

    monkeypatch.setattr(Path, "open", lambda path, mode, buffering: Full(path, mode))
    with pytest.raises(OSError, match="No space left on device"):
        append_row(LOG, {"step": 2})
    monkeypatch.setattr(Path, "open", opened)
    assert LOG.read_bytes() == before


def test_rows_after_a_checkpoint_are_cut_off() -> None:
    append_row(LOG, {"step": 1})
    size = size_of(LOG)
    append_row(LOG, {"step": 2})
    cut_log(LOG, size)
    cut_log(LOG, size)
    assert read_rows(LOG) == [{"step": 1}]
    with pytest.raises(RunError, match=rf"log\.jsonl is damaged: it has {size} bytes, and the checkpoint counts on 99"):
        cut_log(LOG, 99)
    cut_log(Path("nothing.jsonl"), 0)
    assert not Path("nothing.jsonl").exists()

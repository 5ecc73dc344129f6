"""Temporary files without a name."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from charnn.errors import CharnnError
from charnn.storage.scratch import Scratch


def test_what_was_written_is_read_from_any_offset() -> None:
    scratch = Scratch()
    scratch.write(b"abc")
    scratch.write(memoryview(b"defg"))
    assert (scratch.read(2, 3), scratch.read(5, 100), scratch.read(7, 1)) == (b"cde", b"fg", b"")
    scratch.close()
    assert scratch.file.closed


def test_a_file_that_is_handed_over_stays_open() -> None:
    scratch = Scratch()
    scratch.write(b"abc")
    file = scratch.hand_over()
    scratch.close()
    del scratch
    with file:
        file.seek(0)
        assert file.read() == b"abc"


def test_a_folder_that_is_missing_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(CharnnError, match="cannot write temporary files to .*missing: No such file.*set TMPDIR"):
        Scratch()

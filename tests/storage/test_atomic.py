"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest

from charnn.errors import UsageError
from charnn.storage.atomic import check_writable, new_file, remove_abandoned, write_atomically


def test_a_file_is_written_with_its_folder() -> None:
    write_atomically(Path("a/b/file"), b"content")
    assert Path("a/b/file").read_bytes() == b"content"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(Path("a/b/file").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_what_fails_leaves_the_old_file_and_nothing_else(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[call], fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(Path("file"), b"new")
    assert Path("file").read_bytes() == b"old"
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_a_new_file_can_be_read_back_before_it_has_its_name() -> None:
    with new_file(Path("folder/file")) as file:
        file.write(b"content")
        file.seek(3)
        assert file.read() == b"tent"
        assert not Path("folder/file").exists()
    assert [path.name for path in Path("folder").iterdir()] == ["file"]


def test_what_a_killed_process_left_is_removed_and_what_is_being_written_is_not() -> None:
    Path(".killed.part").write_bytes(b"half")
    Path(".killed-before-it-wrote.part").touch()
    Path(".hidden").write_bytes(b"of somebody else")
    with new_file(Path("file")) as file:
        file.write(b"content")
        file.flush()
        remove_abandoned(Path())
    assert Path("file").read_bytes() == b"content"
    assert sorted(path.name for path in Path().iterdir()) == [".hidden", "file"]


def test_a_file_that_was_cleared_away_before_it_was_locked_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = tempfile.mkstemp, list[str]()

    def make_and_lose_the_first(**options: Any) -> tuple[int, str]:
        descriptor, name = make(**options)
        if not made:
            remove_abandoned(Path())
            assert not Path(name).exists()
        made.append(name)
        return descriptor, name

    monkeypatch.setattr(tempfile, "mkstemp", make_and_lose_the_first)
    write_atomically(Path("file"), b"content")
    assert Path("file").read_bytes() == b"content"
    assert len(made) == 2


@pytest.mark.parametrize(("path", "why"), [("missing/file", "its folder is missing"), (".", "it is a folder")])
def test_what_cannot_be_a_file_is_refused_at_once(path: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"cannot write .*: {why}"):
        check_writable(Path(path))
    check_writable(Path("file"))
    assert not Path("file").exists()

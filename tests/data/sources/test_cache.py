"""Large texts: encoded once, mapped into memory, equal to small ones, and never half written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.units import NormalForm, Unit
from charnn.data.running_text import dataset
from charnn.data.running_text.dataset import read_dataset
from charnn.data.sources import cache
from charnn.data.sources.corpora import cache_folder
from charnn.errors import CharnnError, InputError
from charnn.storage.atomic import new_file

TEXT = "از کوی تو بیرون نشود پای خیالم\nthe cat sat on the mat\r\n" * 40


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "LARGE", 1)
    monkeypatch.setattr(cache, "_BLOCK", 64)


def encoded_files() -> list[Path]:
    return sorted((cache_folder() / "encoded").iterdir())


@pytest.mark.parametrize("unit", ["character", "grapheme", "byte"])
@pytest.mark.parametrize("normalize", ["none", "NFC"])
def test_a_large_text_is_encoded_as_a_small_one(
    unit: Unit, normalize: NormalForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (unit, normalize) == ("byte", "NFC"):
        normalize = "none"
    Path("text.txt").write_bytes(TEXT.encode())
    large = read_dataset("text.txt", unit=unit, normalize=normalize, split=(0.9, 0.1))
    monkeypatch.setattr(dataset, "LARGE", 1 << 30)
    small = read_dataset("text.txt", unit=unit, normalize=normalize, split=(0.9, 0.1))
    assert isinstance(large.ids, np.memmap)
    np.testing.assert_array_equal(large.ids, small.ids)
    assert (large.ids.dtype, large.vocabulary, large.parts) == (small.ids.dtype, small.vocabulary, small.parts)
    assert large.text.sha256 == small.text.sha256


@given(st.lists(st.integers(32, 0x9FFF), min_size=1, max_size=700, unique=True))
def test_ids_outgrow_one_byte_and_stay_right(points: list[int]) -> None:
    text = "".join(map(chr, points)) + "ab" * 30
    Path("many.txt").write_text(text, encoding="utf-8", newline="")
    many = read_dataset("many.txt")
    assert many.vocabulary.text(many.ids) == text


def test_a_text_is_encoded_once_and_again_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("text.txt").write_text(TEXT)
    read_dataset("text.txt")
    (first,) = encoded_files()
    built = first.stat().st_mtime_ns
    read_dataset("text.txt")
    Path("copy.txt").write_text(TEXT)
    read_dataset("copy.txt")
    assert [path.stat().st_mtime_ns for path in encoded_files()] == [built]
    Path("text.txt").write_text(TEXT + "!")
    read_dataset("text.txt")
    assert len(encoded_files()) == 2


@pytest.mark.parametrize("kept", [0, 3, 100, -1])
def test_a_file_that_is_not_whole_is_made_anew(kept: int) -> None:
    Path("text.txt").write_text(TEXT)
    expected = np.array(read_dataset("text.txt").ids)
    (path,) = encoded_files()
    path.write_bytes(path.read_bytes()[:kept])
    np.testing.assert_array_equal(read_dataset("text.txt").ids, expected)


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not() -> None:
    Path("text.txt").write_text(TEXT)
    folder = cache_folder() / "encoded"
    folder.mkdir(parents=True)
    (folder / ".killed.part").write_bytes(b"half")
    with new_file(folder / "living") as living:
        living.write(b"half")
        living.flush()
        read_dataset("text.txt")
        assert [path.suffix for path in encoded_files()] == [".part", ".ids"]
        assert not (folder / ".killed.part").exists()
    assert (folder / "living").read_bytes() == b"half"


def test_two_processes_may_build_it_at_once(tmp_path: Path) -> None:
    Path("text.txt").write_text(TEXT * 500)
    code = (
        "from charnn.data.running_text import dataset; dataset.LARGE = 1\n"
        "print(int(dataset.read_dataset('text.txt').ids.astype('int64').sum()))"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    sums = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(sums) == 1
    assert len(encoded_files()) == 1


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("text.txt").write_text(TEXT)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CharnnError, match="cannot write .*encoded: No space left on device; .*XDG_CACHE_HOME"):
        read_dataset("text.txt")
    assert encoded_files() == []


def test_a_text_that_cannot_be_decoded_leaves_nothing() -> None:
    Path("text.txt").write_bytes(TEXT.encode() + b"\xff")
    with pytest.raises(InputError, match="invalid start byte"):
        read_dataset("text.txt")
    assert encoded_files() == []

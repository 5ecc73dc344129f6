"""Numbers of runs: each is given once, whatever was removed since and whoever else asks."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from charnn.runs.numbering import new_numbered_folder

HERE = Path()


def test_the_number_of_a_run_that_was_removed_is_not_given_again() -> None:
    assert [new_numbered_folder(HERE, "a").name for _ in range(3)] == ["a-1", "a-2", "a-3"]
    shutil.rmtree("a-3")
    shutil.rmtree("a-1")
    assert new_numbered_folder(HERE, "a").name == "a-4"
    assert new_numbered_folder(HERE, "b").name == "b-1"


@pytest.mark.parametrize(
    "record", [None, b"", b"{", b"[1]", b'{"a": "many"}', b'{"a": true}', b'{"a": -5}', b"\0", b"\xff"]
)
def test_without_a_sound_record_the_folders_tell(record: bytes | None) -> None:
    for name in ("a-2", "a-07", "a-x", "a-10-3", "ab-9", "a-999999999999999999999"):
        Path(name).mkdir()
    if record is not None:
        Path(".numbers").write_bytes(record)
    assert new_numbered_folder(HERE, "a").name == "a-3"


def test_many_at_once_get_a_number_each() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [*pool.map(lambda _: new_numbered_folder(HERE, "a").name, range(40))]
    assert sorted(made) == sorted(f"a-{number}" for number in range(1, 41))


@pytest.mark.parametrize("name", ["a.b", "a+b", "(a", "a-1", "é", "سلام", '"', "-", "\udcff"])
def test_a_name_is_no_pattern(name: str) -> None:
    assert [new_numbered_folder(HERE, name).name for _ in range(2)] == [f"{name}-1", f"{name}-2"]

"""What `bench corpus` times: a text that is really encoded, in a cache of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from charnn.benchmarking import corpus, harness
from charnn.data.sources.corpora import cache_folder
from charnn.data.text.text import Text


def test_the_first_contender_encodes_each_time_and_the_second_finds_what_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[tuple[str, int]] = []

    def watch(contenders: list[harness.Contender], rounds: int) -> list[harness.Timing]:
        for contender in contenders * 2:
            contender.run()
            (ids,) = (cache_folder() / "encoded").glob("*.ids")
            written.append((contender.name, ids.stat().st_mtime_ns))
        return harness.measure(contenders, rounds)

    monkeypatch.setattr(corpus, "measure", watch)
    rows = corpus.time_corpus(Text.from_bytes("cat", b"the cat\n"), 100_001, "character", 1)
    first, found, second, found_again = written
    assert first[1] == found[1]
    assert second[1] == found_again[1]
    assert first[1] < second[1]
    assert {row["bytes"] for row in rows} == {100_008}, "whole repetitions, no fewer bytes than asked for"


@pytest.mark.parametrize("before", [None, "elsewhere"])
def test_the_users_cache_is_left_alone(before: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if before is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / before))
    was = os.environ.get("XDG_CACHE_HOME")
    corpus.time_corpus(Text.from_bytes("cat", b"the cat\n"), 10, "byte", 1)
    assert os.environ.get("XDG_CACHE_HOME") == was
    assert not [*tmp_path.iterdir()]

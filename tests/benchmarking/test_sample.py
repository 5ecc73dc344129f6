"""Contenders of `bench sample`: each draws as many symbols as it says."""

from __future__ import annotations

import pytest

from charnn.benchmarking import sample
from charnn.benchmarking.harness import Contender, Timing, measure
from charnn.benchmarking.train import PEERS

LENGTH = 7


def _drawn(result: object) -> int:
    assert isinstance(result, list)
    return sum(1 if isinstance(item, int) else len(item) for item in result)


@pytest.mark.parametrize("cell", ["lstm", "min-gru"])
def test_each_contender_draws_what_it_is_credited_with(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, tuple[int, int]] = {}

    def watch(contenders: list[Contender], rounds: int) -> list[Timing]:
        for contender in contenders:
            drawn[contender.name] = (_drawn(contender.run()), contender.characters)
        return measure(contenders, rounds)

    monkeypatch.setattr(sample, "measure", watch)
    rows = sample.time_sampling(cell, sample.Size(2, 4), LENGTH, 1)
    assert len(drawn) == len(rows) == (5 if cell in PEERS else 4)
    for made, credited in drawn.values():
        assert made == credited
    assert {credited for _, credited in drawn.values()} == {LENGTH, LENGTH * sample.STREAMS}

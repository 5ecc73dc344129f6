"""What `bench overhead` compares: as many updates in a training as alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from charnn.batches.batch import TextBatch
from charnn.benchmarking.overhead import SHAPE, time_overhead
from charnn.training.metrics import Update
from charnn.training.trainer import Trainer


def test_both_contenders_make_the_same_number_of_updates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    sizes: list[int] = []
    step = Trainer.step

    def counted(self: Trainer, batch: TextBatch, *factor: float) -> Update:
        sizes.append(batch.inputs.numel())
        return step(self, batch, *factor)

    monkeypatch.setattr(Trainer, "step", counted)
    alone, whole = time_overhead("rnn", steps=3, rounds=1)
    assert sizes == [SHAPE.characters] * (3 * 2 * 2), "two contenders, each in the warm-up and in one round"
    assert alone["ratio"] == (1, 1, 1)
    assert whole["ratio"][1] == pytest.approx(alone["milliseconds"] / whole["milliseconds"])
    assert not [*tmp_path.iterdir()]

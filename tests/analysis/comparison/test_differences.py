"""What tells runs apart."""

from __future__ import annotations

import pytest

from charnn.analysis.comparison.differences import labels
from charnn.configuration.reading import read_settings


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((["model.cell=rnn"], ["model.cell=lstm"]), ["cell rnn", "cell lstm"]),
        ((["model.cell=rnn", "bptt.tau=16"], ["bptt.tau=8"]), ["cell rnn, tau 16", "cell lstm, tau 8"]),
        ((["clip={by: none}"], []), ["clip none", "clip norm, threshold 1"]),
        ((["optimizer.name=sgd"], []), ["optimizer sgd, learning_rate 1", "optimizer adam, learning_rate 0.002"]),
        ((["model.embedding=3"], []), ["embedding 3", "embedding null"]),
        ((["bptt.tau=16"], ["bptt={strategy: randomized, pi: 0.9}"]),
         ["strategy truncated, tau 16", "strategy randomized, pi 0.9"]),
        ((["train.seed=1"], ["train.seed=2", "train.report_every=3", "train.sample_at=[3]"]), ["seed 1", "seed 2"]),
        ((["train.steps=10"], ["train.steps=20"]), ["steps 10", "steps 20"]),
        (([], ["train.report_every=3"]), ["a", "b"]),
        (([], [], ["model.hidden=2"]), ["hidden 256 (a)", "hidden 256 (b)", "hidden 2"]),
        ((["corpus.source=/x/y/poems.txt"], ["corpus.source=/x/prose.txt"]), ["source poems.txt", "source prose.txt"]),
        ((["train={lanes: 3, steps: 1, loss: sum, seed: 5}", "model={hidden: 3, layers: 2}", "bptt.tau=4"], []),
         ["a", "b"]),
    ],
)  # fmt: skip
def test_runs_are_labelled_by_what_differs(settings: tuple[list[str], ...], expected: list[str]) -> None:
    configs = [read_settings("corpus.text=hello", *own) for own in settings]
    found = labels(["a", "b", "c"][: len(configs)], configs)
    assert found == expected

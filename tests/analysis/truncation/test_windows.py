"""What is drawn of a plan: gates, how far each loss looks back, and the products of gates."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.analysis.truncation.windows import Drawn, draw, kept, strategies
from charnn.bptt.strategies.full import Options as Full
from charnn.bptt.strategies.randomized import Options as Randomized
from charnn.bptt.strategies.truncated import Options as Truncated
from charnn.configuration.reading import read_settings
from charnn.errors import ConfigError


def test_each_loss_looks_back_to_the_start_of_the_window_that_counts_it() -> None:
    assert draw("full", Full(), 5, 1).reach == [0, 1, 2, 3, 4]
    assert draw("full", Full(sequence=3), 5, 1).reach == [0, 1, 2, 0, 1]
    assert draw("truncated", Truncated(tau=2), 5, 1).reach == [0, 1, 0, 1, 0]
    assert draw("truncated", Truncated(tau=4, stride=2), 7, 1).reach == [0, 1, 2, 3, 2, 3, 2]
    assert draw("truncated", Truncated(tau=2, tail="drop"), 5, 1).reach == [0, 1, 0, 1, None]


def test_gates_are_zero_where_a_window_starts_and_nowhere_else() -> None:
    assert draw("truncated", Truncated(tau=2), 5, 1).gates == [0, 1, 0, 1, 0]
    assert draw("truncated", Truncated(tau=4, stride=2), 6, 1).gates == [0, 1, 1, 1, 1, 1]
    assert draw("truncated", Truncated(tau=2, tail="drop"), 5, 1).gates == [0, 1, 0, 1, None]
    drawn = draw("randomized", Randomized(pi=(0.5, 0.8)), 40, 3)
    starts = {window.start for window in drawn.windows}
    for step, gate in enumerate(drawn.gates):
        assert gate == (0.0 if step in starts else (2.0, 1.25)[step % 2])


def test_the_gates_are_those_of_a_training_of_that_seed() -> None:
    plans = [draw("randomized", Randomized(pi=(0.7,)), 50, seed) for seed in (1, 1, 2)]
    assert plans[0].gates == plans[1].gates != plans[2].gates


@pytest.mark.parametrize(
    "strategy",
    [Full(), Full(sequence=4), Truncated(tau=5, stride=2), Randomized(pi=(0.5, 0.9)), Randomized(max_window=3)],
    ids=str,
)
def test_what_is_kept_is_the_product_of_the_gates_between(strategy: Full | Truncated | Randomized) -> None:
    plan = draw("it", strategy, 13, 5)
    expected = np.zeros((13, 13))
    for t, reach in enumerate(plan.reach):
        assert reach is not None
        for s in range(t - reach, t + 1):
            expected[s, t] = np.prod([plan.gates[step] for step in range(s + 1, t + 1)])
    np.testing.assert_allclose(kept(plan.windows, 13), expected, rtol=1e-15)


def test_the_configured_strategy_keeps_its_keys_and_the_others_get_what_is_seen() -> None:
    config = read_settings("corpus.text=x", "bptt={strategy: truncated, tau: 5, stride: 2, tail: drop}")
    chosen = strategies(config, {})
    assert list(chosen) == ["full", "truncated", "randomized"]
    assert chosen["truncated"] == Truncated(tau=5, stride=2, tail="drop")
    assert chosen["randomized"] == Randomized(pi=(0.8,))
    flagged = strategies(config, {"truncated": ["tau=4", "stride=null"], "randomized": ["pi=[0.5,0.9]"]})
    assert flagged["truncated"] == Truncated(tau=4, tail="drop")
    assert flagged["randomized"] == Randomized(pi=(0.5, 0.9))
    own = read_settings("corpus.text=x", "bptt={strategy: randomized, pi: 0.9, max_window: 6}")
    assert strategies(own, {})["randomized"] == Randomized(pi=(0.9,), max_window=6)
    assert strategies(own, {})["truncated"] == Truncated(tau=8)
    with pytest.raises(ConfigError, match="must not exceed `tau`"):
        strategies(own, {"truncated": ["stride=9"]})


def test_the_document_says_all_of_it() -> None:
    drawn: Drawn = draw("randomized", Randomized(pi=(0.5,), max_window=2), 6, 1)
    document = drawn.document()
    assert document["pi"] == 0.5
    assert document["max_window"] == 2
    assert sum(window["length"] for window in document["windows"]) == 6
    assert len(document["gates"]) == len(document["looks_back"]) == 6

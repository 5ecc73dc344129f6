"""Which strategies are compared, and with which keys."""

from __future__ import annotations

import pytest

from charnn.analysis.truncation.strategies import compared_strategies
from charnn.bptt.strategies.randomized import Randomized
from charnn.bptt.strategies.truncated import Truncated
from charnn.configuration.reading import read_settings
from charnn.errors import ConfigError


def test_the_configured_strategy_keeps_its_keys_and_the_others_get_what_is_seen() -> None:
    config = read_settings("corpus.text=x", "bptt={strategy: truncated, tau: 5, stride: 2, tail: drop}")
    chosen = compared_strategies(config, {})
    assert list(chosen) == ["full", "truncated", "randomized"]
    assert chosen["truncated"] == Truncated(tau=5, stride=2, tail="drop")
    assert chosen["randomized"] == Randomized(pi=(0.8,))
    flagged = compared_strategies(config, {"truncated": ["tau=4", "stride=null"], "randomized": ["pi=[0.5,0.9]"]})
    assert flagged["truncated"] == Truncated(tau=4, tail="drop")
    assert flagged["randomized"] == Randomized(pi=(0.5, 0.9))
    own = read_settings("corpus.text=x", "bptt={strategy: randomized, pi: 0.9, max_window: 6}")
    assert compared_strategies(own, {})["randomized"] == Randomized(pi=(0.9,), max_window=6)
    assert compared_strategies(own, {})["truncated"] == Truncated(tau=8)
    with pytest.raises(ConfigError, match="must not exceed `tau`"):
        compared_strategies(own, {"truncated": ["stride=9"]})

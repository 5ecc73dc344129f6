"""The strategies that are compared on one text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from charnn.bptt.strategies import STRATEGIES, Strategy
from charnn.bptt.strategies.truncated import Truncated
from charnn.configuration.config import Config
from charnn.configuration.reading import read_options

DEFAULT_TAU = 8


def compared_strategies(config: Config, settings: Mapping[str, Sequence[str]]) -> dict[str, Strategy]:
    """Every strategy by its name; the configured one has its configured keys.

    What neither the configuration nor the settings say fits a short text: τ = 8, and π = 1 − 1/τ, whose windows have a
    mean length of τ.

    Args:
        config: the configuration.
        settings: `key=value` settings for each strategy, which override its keys.

    Raises:
        ConfigError: a setting is wrong.
    """
    chosen: dict[str, Strategy] = {}
    # The default π follows from the τ that is chosen.
    for name in sorted(STRATEGIES.names(), key=lambda name: name == "randomized"):
        own = _defaults(name, config, chosen)
        chosen[name] = STRATEGIES.of(read_options(STRATEGIES, name, [*own, *settings.get(name, [])]))
    return chosen


def _defaults(name: str, config: Config, chosen: Mapping[str, Strategy]) -> list[str]:
    if config.bptt.strategy.name == name:
        return [f"{key}={json.dumps(value)}" for key, value in config.bptt.strategy]
    if name == "truncated":
        return [f"tau={DEFAULT_TAU}"]
    if name == "randomized":
        truncated = chosen["truncated"]
        assert isinstance(truncated, Truncated)
        return [f"pi={1 - 1 / max(truncated.tau, 2)}"]
    return []

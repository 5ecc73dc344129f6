"""Truncation, drawn: the windows that a strategy lays over a text, and what is left of each loss's gradient.

    ∂L/∂w = (1/T) Σ_t Σ_{s≤t} P_{s,t} u_{s,t}     P_{s,t} = ξ_{s+1} ⋯ ξ_t

u_{s,t} is what step s contributes to the gradient of the loss l_t, and P_{s,t} is what truncation leaves of it: 0 where
s lies before the window in which l_t counts. All P are 1 for full back-propagation; E[P] = 1 for randomized truncation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from charnn.bptt.plan import Window
from charnn.bptt.strategies import STRATEGIES, Strategy
from charnn.configuration.config import Config
from charnn.configuration.reading import read_options

DEFAULT_TAU = 8


@dataclass(frozen=True)
class Drawn:
    """One strategy's windows over a text of T steps.

    Attributes:
        name: of the strategy.
        strategy: with its keys.
        windows: in reading order.
        length: T.
    """

    name: str
    strategy: Strategy
    windows: Sequence[Window]
    length: int

    @property
    def keys(self) -> dict[str, Any]:
        """The strategy's keys that are set."""
        values = self.strategy.model_dump(mode="json", exclude_none=True)
        return {
            key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in values.items()
        }

    @property
    def label(self) -> str:
        """The keys that bear on the windows, in short."""
        shown = {key: value for key, value in self.keys.items() if value != "keep"}
        return ", ".join(f"{key} {_short(value)}" for key, value in shown.items())

    @property
    def resets(self) -> frozenset[int]:
        """The steps at which the state resets."""
        return frozenset(window.start for window in self.windows if window.resets)

    @property
    def xi(self) -> list[float | None]:
        """ξ_t of each step in the window in which l_t counts: 0 at its start; None where l_t does not count."""
        xi: list[float | None] = [None] * self.length
        for window in self.windows:
            for step in range(window.start + window.count_from, window.stop):
                xi[step] = window.xi[step - window.start] if window.xi is not None else 1.0
                if step == window.start:
                    xi[step] = 0.0
        return xi

    @property
    def reach(self) -> list[int | None]:
        """Through how many steps the gradient of each loss flows back; None where the loss does not count."""
        reach: list[int | None] = [None] * self.length
        for window in self.windows:
            for step in range(window.start + window.count_from, window.stop):
                reach[step] = step - window.start
        return reach

    def document(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "strategy": self.name,
            **self.keys,
            "windows": [
                {
                    "start": window.start,
                    "length": window.length,
                    "count_from": window.count_from,
                    "resets": window.resets,
                    "bounded": window.bounded,
                }
                for window in self.windows
            ],
            "gates": self.xi,
            "looks_back": self.reach,
        }


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_short(one) for one in value)}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def draw(name: str, strategy: Strategy, length: int, seed: int) -> Drawn:
    """The windows of the first pass that a training of that seed would make over a lane of `length` steps."""
    return Drawn(name, strategy, list(strategy.windows(length, Random(f"{seed} gates 0"))), length)


def strategies(config: Config, flags: Mapping[str, Sequence[str]]) -> dict[str, Strategy]:
    """Each strategy, with the configuration's own keys where it is the configured one, and `key=value` flags over them.

    What neither sets is chosen to be seen on a short text: τ = 8, and π = 1 − 1/τ, whose windows are τ long on average.

    Raises:
        ConfigError: a flag is wrong.
    """
    chosen: dict[str, Strategy] = {}
    for name in sorted(STRATEGIES.names(), key=lambda name: name == "randomized"):
        configured = config.bptt.strategy
        own = configured.name == name
        settings = [f"{key}={json.dumps(value)}" for key, value in configured] if own else []
        if name == "truncated" and not own:
            settings = [f"tau={DEFAULT_TAU}"]
        if name == "randomized" and not own:
            tau = cast(Any, chosen["truncated"]).tau
            settings = [f"pi={1 - 1 / max(tau, 2)}"]
        chosen[name] = cast(Strategy, read_options(STRATEGIES, name, [*settings, *flags.get(name, [])]))
    return chosen


def kept(windows: Iterable[Window], length: int) -> NDArray[np.float64]:
    """P_{s,t}, what a strategy's windows leave of each step's contribution to each loss.

    Returns:
        (T, T) by step s and loss t; 0 where s > t, and where l_t does not count.
    """
    left = np.zeros((length, length))
    for window in windows:
        xi = np.ones(window.length) if window.xi is None else np.asarray(window.xi, dtype=float)
        for place in range(window.count_from, window.length):
            # From l_t back to the start of the window: 1, ξ_t, ξ_t ξ_{t−1}, …; what guards the start is not passed.
            products = np.cumprod([1.0, *xi[place:0:-1]])
            left[window.start : window.start + place + 1, window.start + place] = products[::-1]
    return left

"""Truncation over a text: the windows of a strategy, and what is left of the gradient of each loss.

    ∂L/∂w = (1/T) Σ_t Σ_{s≤t} P_{s,t} u_{s,t}     P_{s,t} = ξ_{s+1} ⋯ ξ_t

u_{s,t} is what step s contributes to the gradient of the loss l_t, and P_{s,t} is what truncation leaves of it: 0 where
s lies before the window in which l_t counts. All P are 1 for full back-propagation; E[P] = 1 for randomized truncation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.bptt.plan import Window
from charnn.bptt.strategies import Strategy


@dataclass(frozen=True)
class WindowPlan:
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
        """The keys that have an effect on the windows, in short."""
        return ", ".join(f"{key} {_short(value)}" for key, value in self.keys.items() if value != "keep")

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
        """The plan as plain values."""
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
        return f"[{', '.join(map(_short, value))}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def plan_windows(name: str, strategy: Strategy, length: int, seed: int) -> WindowPlan:
    """The windows of the first pass that a training of that seed would make over a lane of `length` steps."""
    return WindowPlan(name, strategy, list(strategy.windows(length, Random(f"{seed} gates 0"))), length)


def kept(windows: Iterable[Window], length: int) -> NDArray[np.float64]:
    """P_{s,t}, what a strategy's windows leave of each step's contribution to each loss.

    Args:
        windows: the windows.
        length: T.

    Returns:
        (T, T) by step s and loss t; 0 where s > t, and where l_t does not count.
    """
    p = np.zeros((length, length))
    for window in windows:
        xi = np.ones(window.length) if window.xi is None else np.asarray(window.xi, dtype=float)
        for step in range(window.count_from, window.length):
            # From l_t back to the start of the window: 1, ξ_t, ξ_t ξ_{t−1}, …; the ξ of the first step is not passed.
            products = np.cumprod([1.0, *xi[step:0:-1]])
            p[window.start : window.start + step + 1, window.start + step] = products[::-1]
    return p

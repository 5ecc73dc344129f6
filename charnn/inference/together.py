"""Several decoders with the same symbols, read as one.

    p(w) = 1/N Σ_i p_i(w)

T time steps · B lanes · V symbols
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.inference.decoder import log_softmax


class Together:
    """The mean of the probabilities of decoders; its logits are logarithms of those.

    Attributes:
        sources: decoders as they are read (see `charnn.networks.reading`).
    """

    def __init__(self, sources: Sequence[Any]) -> None:
        """These decoders."""
        self.sources = sources

    def zero_state(self, lanes: int) -> Any:
        """The state of each before anything was read."""
        return tuple(source.zero_state(lanes) for source in self.sources)

    def spread(self, states: Any, lanes: int) -> Any:
        """The state in so many lanes, from that of one or of as many."""
        return tuple(source.spread(state, lanes) for source, state in zip(self.sources, states, strict=True))

    def logits(self, ids: NDArray[np.int64], states: Any) -> tuple[NDArray[np.float64], Any]:
        """(T, B, V) the logits of what comes after each of (T, B) symbols, and the state after the last one."""
        found = [source.logits(ids, state) for source, state in zip(self.sources, states, strict=True)]
        return _mean([logits for logits, _ in found]), tuple(state for _, state in found)

    def next_logits(self, ids: NDArray[np.int64], states: Any) -> tuple[NDArray[np.float64], Any]:
        """(B, V) the logits after (T, B) symbols were read, and the state."""
        found = [source.next_logits(ids, state) for source, state in zip(self.sources, states, strict=True)]
        return _mean([logits for logits, _ in found]), tuple(state for _, state in found)


def _mean(logits: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """The logarithm of the mean of the probabilities, which may be too small for a number."""
    with np.errstate(invalid="ignore"):  # of weights that have diverged, which is told by whoever asked
        return np.asarray(np.logaddexp.reduce([log_softmax(one) for one in logits]) - math.log(len(logits)))

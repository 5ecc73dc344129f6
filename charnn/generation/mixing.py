"""What is mixed with the probabilities of a network while it writes."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from charnn.kernels import sampler


class Mixing(ABC):
    """Other models, which follow B texts that are written, a lane each."""

    @abstractmethod
    def mixed(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """(B, V) the probability of each next symbol, with the (B, V) probabilities of the network."""

    @abstractmethod
    def add(self, ids: NDArray[np.int64]) -> None:
        """Go on behind the (B,) symbols that were drawn."""

    @abstractmethod
    def compiled(self) -> sampler.Mixture:
        """The same, which the kernels move on by themselves."""

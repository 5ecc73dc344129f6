"""Optimisers: one file an optimiser, whose `Options` holds its keys and builds it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from torch.nn import Parameter
from torch.optim import Optimizer

from charnn.sections import Section


class Rule(Section):
    """The keys of an update rule."""

    @abstractmethod
    def build(self, parameters: Iterable[Parameter]) -> Optimizer:
        """The optimiser of these parameters."""

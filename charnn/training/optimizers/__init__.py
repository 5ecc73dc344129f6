"""Optimisers: one file an optimiser, whose `Options` holds its keys and builds it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from torch.nn import Parameter
from torch.optim import Optimizer

from charnn.configuration.sections import Section


class Rule(Section):
    """The keys of an update rule."""

    @abstractmethod
    def build(self, parameters: Sequence[Parameter]) -> Optimizer:
        """The optimiser of these parameters."""


def fused(parameters: Sequence[Parameter]) -> bool | None:
    """True on the CPU, where torch has the whole update as one kernel but does not take it of itself."""
    return True if all(parameter.device.type == "cpu" for parameter in parameters) else None

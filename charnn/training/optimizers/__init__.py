"""Optimisers: one file an optimiser, a class with its keys that builds it."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from charnn.configuration.families import Family
from charnn.configuration.types import Part

if TYPE_CHECKING:  # a configuration is read without torch
    from torch import optim
    from torch.nn import Parameter

    from charnn.kernels.rules import Rule
    from charnn.training.updates.memory import Memory


class Optimizer(Part):
    """The keys of an update rule."""

    @abstractmethod
    def build(self, parameters: Sequence[Parameter]) -> optim.Optimizer:
        """The optimiser of torch that has these keys, for these parameters."""

    def rule(self, memory: Memory) -> Rule | None:
        """The same update for compiled code, with the memory of that optimiser; None: there is no kernel for it."""
        return None


OPTIMIZERS = Family("optimizer", Optimizer)


def without_compiler() -> None:
    """Let torch build optimisers without its compiler, which nothing here uses and which takes seconds to import.

    torch hides some of their methods from `torch._dynamo`, and imports that to do so when one of them is called first.
    A method with this mark is hidden already, and is called as it is.
    """
    from torch import optim

    if "torch._dynamo" in sys.modules:
        return
    for name in ("add_param_group", "load_state_dict", "state_dict", "zero_grad"):
        method = getattr(getattr(optim.Optimizer, name), "__wrapped__", None)
        if method is not None:
            method.__dynamo_disable = method


def fused(parameters: Sequence[Parameter]) -> bool | None:
    """True on the CPU, where torch has the whole update as one kernel but does not take it of itself."""
    return True if all(parameter.device.type == "cpu" for parameter in parameters) else None

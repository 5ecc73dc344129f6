"""What an optimiser of torch remembers, for kernels that take its place: the same tensors by the same names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, optim
from torch.nn import Parameter


class Memory:
    """The memory of some parameters. What torch would only make at the first update is made when it is asked for."""

    def __init__(self, optimizer: optim.Optimizer, parameters: Sequence[Parameter]) -> None:
        """The memory of an optimiser, in the order of these parameters."""
        self._optimizer, self._parameters = optimizer, parameters

    def of(self, name: str) -> list[Tensor]:
        """One tensor of that name for each parameter, of zeros before the first update."""
        return self._each(name, torch.zeros_like)

    def steps(self) -> list[Tensor]:
        """How many updates each parameter had."""
        return self._each("step", lambda _: torch.tensor(0.0, dtype=torch.float32))

    def group(self, key: str) -> list[float]:
        """A number of the group that each parameter is in."""
        found = {parameter: group[key] for group in self._optimizer.param_groups for parameter in group["params"]}
        return [found[parameter] for parameter in self._parameters]

    def _each(self, name: str, make: Callable[[Tensor], Tensor]) -> list[Tensor]:
        memories = [self._optimizer.state[parameter] for parameter in self._parameters]
        for parameter, memory in zip(self._parameters, memories, strict=True):
            if memory.get(name) is None:
                memory[name] = make(parameter.detach())
        return [memory[name] for memory in memories]

"""One update of a network's parameters: forward pass, backward pass, clip, descend. One file for each way to do it.

`by_autograd` runs every network anywhere; `by_program` is the same update as one call of compiled code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import optim
from torch.nn import Parameter

from charnn.bptt.execution import Execution
from charnn.configuration.config import Config
from charnn.networks.network import Network
from charnn.networks.stack import States
from charnn.training.processes import Processes
from charnn.training.updates.clipping import Clipped


@dataclass(frozen=True)
class Learner:
    """What an update changes, and how.

    Attributes:
        network: what learns.
        parameters: all its parameters.
        optimizer: descends, and remembers what it needs for it.
        execution: how the network runs.
        config: of the training.
        processes: in which the network learns.
    """

    network: Network
    parameters: Sequence[Parameter]
    optimizer: optim.Optimizer
    execution: Execution
    config: Config
    processes: Processes

    def set_rates(self, rates: Sequence[float]) -> None:
        """Set the learning rate of each group of parameters."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate


@dataclass(frozen=True)
class Done:
    """What an update did.

    Attributes:
        nats: the losses that count, summed, over all processes.
        clipped: the norm of the gradient, and whether it was clipped.
        states: what the next batch may start from.
    """

    nats: float
    clipped: Clipped
    states: States


class NotFiniteError(Exception):
    """The loss or the gradient is not finite; the parameters are as they were."""

    def __init__(self, nats: float, norm: float) -> None:
        super().__init__(f"summed loss {nats}, gradient norm {norm}")
        self.nats, self.norm = nats, norm

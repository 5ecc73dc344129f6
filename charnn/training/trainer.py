"""One training: a network, its optimiser and its loader; a batch for each parameter update."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from charnn.batches.batch import Batch
from charnn.batches.loader import Loader
from charnn.bptt.execution import Execution
from charnn.configuration.config import Config
from charnn.errors import DivergedError, RunError
from charnn.networks.dropout import Dropout, Noise
from charnn.networks.network import Network
from charnn.networks.parameters.filling import fill
from charnn.networks.stack import States
from charnn.training.averages import AVERAGES
from charnn.training.metrics import Update
from charnn.training.optimizers import OPTIMIZERS, without_compiler
from charnn.training.processes import ALONE, Processes
from charnn.training.updates import Done, Learner, NotFiniteError
from charnn.training.updates.by_autograd import ByAutograd
from charnn.training.updates.by_program import ByProgram


class Trainer:
    """A training that can be stepped.

    Attributes:
        network: what is trained.
        loader: makes its batches.
        steps: the updates done so far.
        states: the state that the next batch starts from, unless it resets.
        mean: the average of the network's weights, where one is taken; None before the first update.
    """

    def __init__(self, config: Config, network: Network, loader: Loader, processes: Processes = ALONE) -> None:
        """Begin before the first update."""
        self.config, self.network, self.loader, self.processes = config, network, loader, processes
        self.parameters = list(network.parameters())
        without_compiler()
        self.optimizer = OPTIMIZERS.of(config.optimizer).build(self.parameters)
        self.configured_rates = [group["lr"] for group in self.optimizer.param_groups]
        self.rates = self.configured_rates
        self.execution = Execution.of(config.bptt.engine, config.train.precision, config.bptt.recompute)
        self.device = network.device
        self.average = AVERAGES.of(config.train.average)
        self.mean: Network | None = None
        self.steps = 0
        self.states = network.zero_state(len(loader.own))
        learner = Learner(network, self.parameters, self.optimizer, self.execution, config, processes)
        self.by_autograd, self.by_program = ByAutograd(learner), ByProgram(learner)

    def step(self, batch: Batch, rate: float = 1.0) -> Update:
        """One update: forward pass, backward pass, clip, descend.

        Args:
            batch: what is learned from.
            rate: what the learning rate is multiplied by at this step.

        Raises:
            DivergedError: the loss or the gradient is not finite; the weights are as they were before.
        """
        recorded, states = self.by_program.of(batch), self.entry_states(batch)
        dropout, rates = self._dropout(batch, self.steps), [base * rate for base in self.rates]
        try:
            if recorded is not None:
                done = recorded.run(batch, states, dropout, rates[0])
            else:
                done = self.by_autograd(batch, states, dropout, rates)
        except NotFiniteError as error:
            raise DivergedError(self._divergence(error.nats / batch.divisor, error.norm)) from None
        self.states = done.states
        self.steps += 1
        if self.average.name != "none":
            self._take_average()
        return _update_of(batch, done, rates[0])

    def joins(self, batch: Batch, first: Batch) -> bool:
        """Whether a batch can be part of a call of `step_several` that begins with another one."""
        # An average takes in the weights after each update.
        return self.average.name == "none" and self.by_program.joins(batch, first)

    def step_several(self, planned: Sequence[tuple[Batch, float]]) -> list[Update]:
        """Updates on some batches in one call of compiled code.

        Args:
            planned: each batch, with what the learning rate is multiplied by at its step; all `join` the first one.

        Returns:
            What each update saw. One that would diverge, and is not the first, is not among them, nor are those behind.

        Raises:
            DivergedError: see `step`.
        """
        first, factor = planned[0]
        if len(planned) == 1:
            return [self.step(first, factor)]
        windows = [
            (batch, self._dropout(batch, self.steps + number), self.rates[0] * each)
            for number, (batch, each) in enumerate(planned)
        ]
        done = self.by_program.several(first).run(windows, self.entry_states(first))
        if not done:
            return [self.step(first, factor)]  # says what is wrong
        self.states = done[-1].states
        self.steps += len(done)
        return [_update_of(batch, each, rate) for (batch, _, rate), each in zip(windows, done, strict=False)]

    def entry_states(self, batch: Batch) -> States:
        """The state that a batch starts from."""
        return self.network.zero_state(len(self.loader.own)) if batch.resets else self.states

    @property
    def averaged(self) -> Network:
        """What is validated, kept and sampled from."""
        return self.network if self.mean is None else self.mean

    @torch.no_grad()
    def _take_average(self) -> None:
        """w̄ ← w̄ + α (w − w̄)."""
        if self.mean is None:
            self.mean = deepcopy(self.network)
        for mean, weights in zip(self.mean.parameters(), self.parameters, strict=True):
            mean.lerp_(weights, self.average.share(self.steps))

    def _dropout(self, batch: Batch, step: int) -> Dropout | None:
        """What is left out at a step; None where nothing is."""
        model = self.config.model
        if not model.drops:
            return None
        return Dropout(model, Noise(self.config.train.seed, step, batch, self.device))

    def _divergence(self, objective: float, norm: float) -> str:
        largest = sorted(
            ((parameter.abs().max().item(), name) for name, parameter in self.network.named_parameters()), reverse=True
        )
        shown = ", ".join(f"{name} {value:.3g}" for value, name in largest[:3])
        return (
            f"the training diverged at step {self.steps + 1}: objective {objective:.4g}, gradient norm {norm:.4g}; "
            f"largest weights: {shown}. Try a smaller `optimizer.learning_rate`, or `clip: {{by: norm, threshold: 1}}`"
        )

    def slow_down(self, factor: float) -> None:
        """Multiply the configured learning rates."""
        self.rates = [rate * factor for rate in self.configured_rates]

    def tensors(self) -> dict[str, Tensor]:
        """Everything in tensors that a resume needs: weights, the optimiser's memory, the carried state."""
        names: dict[Tensor, str] = {parameter: name for name, parameter in self.network.named_parameters()}
        tensors = {f"model.{name}": tensor for name, tensor in self.network.state_dict().items()}
        if self.mean is not None:
            tensors |= {f"average.{name}": tensor for name, tensor in self.mean.state_dict().items()}
        for parameter, memory in self.optimizer.state.items():
            for key, value in memory.items():
                if torch.is_tensor(value):
                    tensors[f"optimizer.{names[parameter]}.{key}"] = value
        for layer, (cell, state) in enumerate(zip(self.network.layers, self.states, strict=False)):
            for part, value in zip(cell.state_parts, state, strict=True):
                tensors[f"state.{layer}.{part}"] = self.processes.all_lanes(value)
        return tensors

    def document(self) -> dict[str, Any]:
        """Everything in numbers that a resume needs."""
        return {"step": self.steps, **self.loader.place(), "rates": self.rates}

    def load(self, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
        """Go on from what `tensors` and `document` gave.

        Raises:
            RunError: names or shapes are not those of this training.
        """
        fill(self.network, _under("model.", tensors), "the checkpoint")
        self.mean = deepcopy(self.network) if self.average.name != "none" and document["step"] else None
        if self.mean is not None:
            fill(self.mean, _under("average.", tensors), "the average in the checkpoint")
        # What an optimiser makes at its first update alone is not in a checkpoint from before it.
        self.optimizer.state.clear()
        for name, parameter in self.network.named_parameters():
            memory = _under(f"optimizer.{name}.", tensors)
            if memory:
                self.optimizer.state[parameter] = {key: self._placed(key, value) for key, value in memory.items()}
        self.states = tuple(
            tuple(self._state(tensors, layer, part, like) for part, like in zip(cell.state_parts, state, strict=True))
            for layer, (cell, state) in enumerate(zip(self.network.layers, self.states, strict=False))
        )
        self.steps, self.rates = document["step"], document["rates"]
        self.loader.go_to(document)
        # Programs hold the addresses of what the optimiser remembered before.
        self.by_program = ByProgram(self.by_program.learner)

    def _placed(self, key: str, value: Tensor) -> Tensor:
        # torch.optim keeps its step counts on the CPU.
        return value if key == "step" else value.to(self.device)

    def _state(self, tensors: dict[str, Tensor], layer: int, part: str, like: Tensor) -> Tensor:
        value = tensors.get(f"state.{layer}.{part}")
        if value is None or value.shape != (self.loader.lanes, *like.shape[1:]):
            raise RunError("the checkpoint is of another training: its carried states have other shapes")
        own = self.loader.own
        return value[own.start : own.stop].to(like)


def _update_of(batch: Batch, done: Done, rate: float) -> Update:
    return Update(
        nats=done.nats,
        characters=batch.losses,
        objective=done.nats / batch.divisor,
        gradient_norm=done.clipped.norm,
        clipped=done.clipped.changed,
        bounded=batch.bounded,
        learning_rate=rate,
    )


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

"""One training: a model, its optimiser and its place in the text; one parameter update at a time.

    L = Σ_{t,b} l(y_t, o_t) / (c · B)     c the window's divisor (`train.loss: mean`), or 1 (`sum`)

`sum` adds up the losses of a window's steps and takes the mean over lanes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, cast

import torch
from jaxtyping import Int
from torch import Tensor

from charnn.bptt.plan import Strategy, Window
from charnn.bptt.recompute import recomputing
from charnn.bptt.recurrence import Engine, engine
from charnn.bptt.whole import whole_window_for
from charnn.configuration.config import Config
from charnn.data.running_text.lanes import Lanes
from charnn.errors import DivergedError, InputError, RunError
from charnn.networks.language_model import CharacterModel, States, detached
from charnn.networks.readout import loss_for
from charnn.networks.weights import fill
from charnn.training.clipping import clip_gradients
from charnn.training.metrics import Update
from charnn.training.optimizers import Rule
from charnn.training.processes import ALONE, Processes


@dataclass(frozen=True)
class Position:
    """The next window: the `window`-th (from 0) of the `epoch`-th pass (from 0) over the lanes."""

    epoch: int = 0
    window: int = 0


class Trainer:
    """A training that can be stepped.

    Attributes:
        steps: the updates done so far.
        position: the next window.
        states: the state that it starts from, unless it resets.
    """

    def __init__(self, config: Config, model: CharacterModel, lanes: Lanes, processes: Processes = ALONE) -> None:
        """Begin at the first window of the text.

        Raises:
            InputError: a lane is shorter than a window.
        """
        self.config, self.model, self.lanes, self.processes = config, model, lanes, processes
        self.strategy = cast(Strategy, config.bptt)
        self.parameters = list(model.parameters())
        self.optimizer = cast(Rule, config.optimizer).build(self.parameters)
        self.configured_rates = [group["lr"] for group in self.optimizer.param_groups]
        self.rates = self.configured_rates
        self.engine = engine_of(config)
        self.loss = loss_for(config.bptt.engine, config.train.precision)
        self.whole = whole_window_for(config.bptt.engine, config.train.precision, _every(config))
        self.device = model.b_q.device
        self.noise = torch.Generator(self.device)
        self.steps = 0
        self.position = Position()
        if lanes.length < self.strategy.shortest_lane():
            raise InputError(
                f"the text is too short: {len(lanes.ids)} units in {lanes.count} lanes leave {lanes.length} steps "
                f"a lane, and one window of the strategy {config.bptt.strategy} needs {self.strategy.shortest_lane()}"
            )
        self.states = model.zero_state(lanes.width)
        self.network = processes.network(model)

    def windows(self) -> Iterator[Window]:
        """All windows from the present position on, pass after pass, for ever."""
        while True:
            # Each pass draws from a generator of its own, so that a position is all a resume needs.
            random = Random(f"{self.config.train.seed} gates {self.position.epoch}")
            plan = self.strategy.windows(self.lanes.length, random)
            for number, window in enumerate(plan):
                if number >= self.position.window:
                    yield window
            self.position = Position(self.position.epoch + 1)

    def batch(self, window: Window) -> tuple[Int[Tensor, "T B"], Int[Tensor, "T B"]]:
        """Inputs and targets of a window."""
        inputs, targets = self.lanes.window(window.start, window.length)
        return torch.from_numpy(inputs).to(self.device), torch.from_numpy(targets).to(self.device)

    def step(self, window: Window, rate: float = 1.0) -> Update:
        """One update: forwards, backwards, clip, descend.

        Args:
            rate: what the learning rate is multiplied by at this step.

        Raises:
            DivergedError: the loss or the gradient is not finite; the weights are as they were before.
        """
        states = self.entry_states(window)
        inputs, targets = self.batch(window)
        nats, carried = self._losses(window, inputs, targets, states)
        # Gradients are averaged over the processes, and each has but a part of the lanes.
        share = self.processes.count / (self._divisor(window) * self.lanes.count)
        for parameter in self.parameters:
            parameter.grad = None
        with self.processes.together():
            nats.backward(torch.scalar_tensor(share, dtype=nats.dtype, device=nats.device))  # type: ignore[no-untyped-call]
        total = self.processes.sum(nats.item())
        minimised = total / (self._divisor(window) * self.lanes.count)
        clipped = clip_gradients(self.parameters, self.config.clip)
        if not math.isfinite(clipped.norm) or not math.isfinite(minimised):
            raise DivergedError(self._divergence(minimised, clipped.norm))
        for group, base in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = base * rate
        self.optimizer.step()
        self.states = detached(carried)
        self.steps += 1
        self.position = Position(self.position.epoch, self.position.window + 1)
        return Update(
            nats=total,
            characters=window.counted * self.lanes.count,
            objective=minimised,
            gradient_norm=clipped.norm,
            clipped=clipped.changed,
            bounded=window.bounded,
            learning_rate=self.rates[0] * rate,
        )

    def entry_states(self, window: Window) -> States:
        """The state that a window starts from."""
        return self.model.zero_state(self.lanes.width) if window.resets else self.states

    def progress(self, window: Window) -> float:
        """How many passes over the lanes are done when `window` begins."""
        return self.position.epoch + window.start / self.lanes.length

    def uniform_objective(self) -> float:
        """What the objective of a whole window is where every symbol is equally likely."""
        first = next(self.strategy.windows(self.lanes.length, Random("a whole window")))
        losses = first.divisor / self._divisor(first)
        return losses * math.log(len(self.model.b_q))

    def _losses(self, window: Window, inputs: Tensor, targets: Tensor, states: States) -> tuple[Tensor, States]:
        """The summed loss of the steps that count, and the state that the next window starts from."""
        gates = window.gates
        noise = None
        if self.model.dropout:
            self.noise.manual_seed(self._noise_seed())
            noise = self._uniform
        # Where the state is saved inside the window, the window runs as two pieces with the state between.
        save_at = window.save_at
        pieces = [(0, save_at), (save_at, window.length)] if 0 < save_at < window.length else [(0, window.length)]
        nats, saved = [], states
        for begin, end in pieces:
            loss, states = self.network(
                inputs[begin:end],
                states,
                gates=gates[begin:end] if gates is not None else None,
                run=self.engine,
                noise=noise,
                targets=targets[max(begin, window.count_from) : end],
                loss=self.loss,
                whole=self.whole if len(pieces) == 1 else None,
            )
            nats.append(loss)
            if end == save_at:
                saved = states
        return sum(nats[1:], nats[0]), saved

    def _uniform(self, like: Tensor) -> Tensor:
        """What dropout draws: for all lanes, of which those of this process are taken."""
        shape = (like.shape[0], self.lanes.count, *like.shape[2:])
        drawn = torch.rand(shape, generator=self.noise, device=like.device, dtype=like.dtype)
        own = self.lanes.own
        return drawn if own is None else drawn[:, own.start : own.stop]

    def _noise_seed(self) -> int:
        return Random(f"{self.config.train.seed} dropout {self.steps}").getrandbits(62)

    def _divisor(self, window: Window) -> float:
        return float(window.divisor) if self.config.train.loss == "mean" else 1.0

    def _divergence(self, objective: float, norm: float) -> str:
        largest = sorted(
            ((parameter.abs().max().item(), name) for name, parameter in self.model.named_parameters()), reverse=True
        )
        shown = ", ".join(f"{name} {value:.3g}" for value, name in largest[:3])
        return (
            f"the training diverged at step {self.steps + 1}: objective {objective:.4g}, gradient norm {norm:.4g}; "
            f"largest weights: {shown}. Try a smaller `optimizer.learning_rate`, or `clip: {{by: norm, threshold: 1}}`"
        )

    def tensors(self) -> dict[str, Tensor]:
        """Everything in tensors that a resume needs: weights, the optimiser's memory, the carried state."""
        names: dict[Tensor, str] = {parameter: name for name, parameter in self.model.named_parameters()}
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for parameter, memory in self.optimizer.state.items():
            for key, value in memory.items():
                if torch.is_tensor(value):
                    tensors[f"optimizer.{names[parameter]}.{key}"] = value
        for layer, (cell, state) in enumerate(zip(self.model.stack(), self.states, strict=True)):
            for part, value in zip(cell.state_parts, state, strict=True):
                tensors[f"state.{layer}.{part}"] = self.processes.all_lanes(value)
        return tensors

    def document(self) -> dict[str, Any]:
        """Everything in numbers that a resume needs."""
        return {
            "step": self.steps,
            "epoch": self.position.epoch,
            "window": self.position.window,
            "rates": self.rates,
        }

    def load(self, tensors: dict[str, Tensor], document: dict[str, Any]) -> None:
        """Go on from what `tensors` and `document` gave.

        Raises:
            RunError: names or shapes are not those of this training.
        """
        weights = {name: tensor for name, tensor in tensors.items() if name.startswith("model.")}
        fill(self.model, {name.removeprefix("model."): tensor for name, tensor in weights.items()}, "the checkpoint")
        for name, parameter in self.model.named_parameters():
            prefix = f"optimizer.{name}."
            memory = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
            if memory:
                self.optimizer.state[parameter] = {key: self._placed(key, value) for key, value in memory.items()}
        self.states = tuple(
            tuple(self._state(tensors, layer, part, like) for part, like in zip(cell.state_parts, state, strict=True))
            for layer, (cell, state) in enumerate(zip(self.model.stack(), self.states, strict=True))
        )
        self.steps, self.rates = document["step"], document["rates"]
        self.position = Position(document["epoch"], document["window"])

    def slow_down(self, factor: float) -> None:
        """Multiply the configured learning rates."""
        self.rates = [rate * factor for rate in self.configured_rates]

    def _placed(self, key: str, value: Tensor) -> Tensor:
        # torch.optim keeps its step counts on the CPU.
        return value if key == "step" else value.to(self.device)

    def _state(self, tensors: dict[str, Tensor], layer: int, part: str, like: Tensor) -> Tensor:
        value = tensors.get(f"state.{layer}.{part}")
        if value is None or value.shape != (self.lanes.count, *like.shape[1:]):
            raise RunError("the checkpoint is of another training: its carried states have other shapes")
        own = self.lanes.own or range(self.lanes.count)
        return value[own.start : own.stop].to(like)


def engine_of(config: Config) -> Engine:
    """The engine that a configuration chooses.

    Raises:
        UsageError: it has no products in the precision that the configuration asks for.
    """
    run = engine(config.bptt.engine, config.train.precision)
    return run if config.bptt.recompute == "none" else recomputing(run, _every(config))


def _every(config: Config) -> int | None:
    """Every how many steps a state is kept, where that is said."""
    recompute = config.bptt.recompute
    return recompute if isinstance(recompute, int) else None

"""An update as one call of compiled code: a program for each shape of window (see `charnn.kernels.program`)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import torch

from charnn.batches.batch import Batch, TextBatch
from charnn.kernels.program import Program, Value
from charnn.kernels.rules import Rule
from charnn.networks.dropout import Dropout, RecordedDropout
from charnn.networks.network import RecordedWindow
from charnn.networks.stack import States
from charnn.training.optimizers import OPTIMIZERS
from charnn.training.updates import Done, Learner, NotFiniteError
from charnn.training.updates.clipping import Clipped, bounds
from charnn.training.updates.memory import Memory

# A strategy that draws the lengths of its windows has many shapes: programs of the last ones are kept, within bounds.
MOST_PROGRAMS = 64
MOST_BYTES = 1 << 26

Shape = tuple[int, int, int, int, bool]


@dataclass(frozen=True)
class Recorded:
    """A program, and where it finds its batch and leaves the state."""

    program: Program
    window: RecordedWindow
    saved: list[list[Value]]

    def run(self, batch: Batch, states: States, dropout: Dropout | None, rate: float) -> Done:
        """One update.

        Raises:
            NotFiniteError: the loss or the gradient is not finite.
        """
        assert isinstance(batch, TextBatch)
        window, program = self.window, self.program
        window.inputs.copy_(batch.inputs)
        window.targets.copy_(batch.targets)
        if window.xi is not None:
            window.xi.copy_(torch.tensor(batch.xi, dtype=torch.float64))
        for value, part in zip(chain(*window.states), chain(*states), strict=True):
            value.numbers.copy_(part)
        if window.dropout is not None and dropout is not None:
            window.dropout.seed(dropout.noise)
        try:
            program.run(1 / batch.divisor, rate)
        except FloatingPointError:
            raise NotFiniteError(program.nats, program.norm) from None
        saved = tuple(tuple(value.numbers.clone() for value in state) for state in self.saved)
        return Done(program.nats, Clipped(program.norm, program.clipped), saved)


class ByProgram:
    """Updates of a network that there are kernels for, in one process, with nobody looking on."""

    def __init__(self, learner: Learner) -> None:
        """Nothing is recorded yet."""
        self.learner = learner
        self._recorded: dict[Shape, Recorded | None] = {}
        self._modules = list(learner.network.modules())
        self._gradients = [torch.zeros_like(parameter) for parameter in learner.parameters]
        memory = Memory(learner.optimizer, learner.parameters)
        self._rule = OPTIMIZERS.of(learner.config.optimizer).rule(memory) if self._fits else None

    def of(self, batch: Batch) -> Recorded | None:
        """What does the update of a batch; None where it takes torch."""
        if self._rule is None or not isinstance(batch, TextBatch) or self._is_watched:
            return None
        shape = (*batch.inputs.shape, batch.save_at, batch.count_from, batch.xi is not None)
        if shape in self._recorded:
            self._recorded[shape] = self._recorded.pop(shape)  # the last one used is the last one to go
        else:
            self._recorded[shape] = self._record(batch, self._rule)
            self._forget()
        return self._recorded[shape]

    @property
    def _fits(self) -> bool:
        learner = self.learner
        return learner.processes.count == 1 and learner.execution.records(
            learner.network.layers, learner.parameters, 1, 1
        )

    @property
    def _is_watched(self) -> bool:
        """Whether hooks wait for gradients or for a module to run."""
        modules = any(module._forward_hooks or module._forward_pre_hooks for module in self._modules)
        return modules or any(parameter._backward_hooks for parameter in self.learner.parameters)

    def _record(self, batch: TextBatch, rule: Rule) -> Recorded | None:
        learner = self.learner
        if not learner.execution.records(learner.network.layers, learner.parameters, *batch.inputs.shape):
            return None
        program = Program(learner.parameters[0], bfloat16=learner.execution.engine.bfloat16)
        names = dict(learner.network.named_parameters())
        found = {
            id(parameter): Value(parameter.detach(), gradient)
            for parameter, gradient in zip(learner.parameters, self._gradients, strict=True)
        }
        window = RecordedWindow(
            inputs=torch.empty_like(batch.inputs, dtype=torch.int64).contiguous(),
            targets=torch.empty_like(batch.targets, dtype=torch.int64).contiguous(),
            states=[
                [Value(torch.empty_like(part)) for part in state]
                for state in learner.network.zero_state(batch.inputs.shape[1])
            ],
            xi=None if batch.xi is None else torch.empty(len(batch.xi), dtype=torch.float64),
            save_at=batch.save_at,
            count_from=batch.count_from,
            dropout=RecordedDropout(learner.config.model, program) if learner.config.model.drops else None,
        )
        values = {name: found[id(parameter)] for name, parameter in names.items()}
        saved = learner.network.record(program, values, window)
        if saved is None:
            return None
        program.descend(list(found.values()), *bounds(learner.config.clip), rule)
        return Recorded(program, window, saved)

    def _forget(self) -> None:
        """Let go of the programs that were not used for longest, beyond what is kept."""
        while len(self._recorded) > 1:
            size = sum(recorded.program.bytes for recorded in self._recorded.values() if recorded is not None)
            if len(self._recorded) <= MOST_PROGRAMS and size <= MOST_BYTES:
                return
            self._recorded.pop(next(iter(self._recorded)))

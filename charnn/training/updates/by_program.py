"""An update as one call of compiled code: a program for each shape of window (see `charnn.kernels.program`)."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from charnn.batches.batch import Batch, ExampleBatch, TextBatch
from charnn.kernels.program import Program, Value
from charnn.networks.dropout import Dropout
from charnn.networks.recording.batch import RecordedBatch
from charnn.networks.recording.dropout import RecordedDropout
from charnn.networks.recording.rows import RecordedRows
from charnn.networks.recording.window import RecordedWindow
from charnn.networks.stack import States
from charnn.training.optimizers import OPTIMIZERS
from charnn.training.updates import Done, Learner, NotFiniteError
from charnn.training.updates.clipping import Clipped, bounds
from charnn.training.updates.memory import Memory
from charnn.training.updates.several import Several

# A strategy that draws the lengths of its windows has many shapes: programs of the last ones are kept, within bounds.
MOST_PROGRAMS = 64
MOST_BYTES = 1 << 26

Kind = tuple[int | bool, ...]


@dataclass(frozen=True)
class Recorded:
    """A program, and where it finds its batch and leaves the state."""

    program: Program
    batch: RecordedBatch
    saved: list[list[Value]]
    several: dict[bool, Several] = field(default_factory=dict)

    def run(self, batch: Batch, states: States, dropout: Dropout | None, rate: float) -> Done:
        """One update.

        Raises:
            NotFiniteError: the loss or the gradient is not finite.
        """
        program = self.program
        self.batch.take(batch, dropout)
        self.batch.start_from(states)
        program.set(1 / batch.divisor, rate)
        try:
            program.run()
        except FloatingPointError:
            raise NotFiniteError(program.nats, program.norm) from None
        saved = tuple(tuple(value.numbers.clone() for value in state) for state in self.saved)
        return Done(program.nats, Clipped(program.norm, program.clipped), saved)

    def together(self, *, resets: bool) -> Several:
        """The same for several windows of a text, all of which start from the zero state, or none does."""
        if resets not in self.several:
            assert isinstance(self.batch, RecordedWindow)
            self.several[resets] = Several(self.program, self.batch, self.saved, resets=resets)
        return self.several[resets]

    @property
    def bytes(self) -> int:
        """How much memory its own numbers take."""
        return self.program.bytes + sum(several.bytes for several in self.several.values())


class ByProgram:
    """Updates of a network that there are kernels for, in one process, with nobody looking on."""

    def __init__(self, learner: Learner) -> None:
        """Nothing is recorded yet."""
        self.learner = learner
        self._recorded: dict[Kind, Recorded] = {}
        self._taken: dict[tuple[int, int], bool] = {}
        self._hooks = [
            hooks
            for module in learner.network.modules()
            for hooks in (module._forward_hooks, module._forward_pre_hooks)
        ]
        self._gradients = [torch.zeros_like(parameter) for parameter in learner.parameters]
        memory = Memory(learner.optimizer, learner.parameters)
        self._rule = OPTIMIZERS.of(learner.config.optimizer).rule(memory) if self._fits else None

    def of(self, batch: Batch) -> Recorded | None:
        """What does the update of a batch; None where it takes torch, which depends on nothing but the batch."""
        if not self._records(batch):
            return None
        kind = _kind_of(batch)
        found = self._recorded.pop(kind, None)
        if found is not None and found.batch.has_room(batch):
            self._recorded[kind] = found  # the last one used is the last one to go
            return found
        self._recorded[kind] = self._record(batch, found)
        self._forget()
        return self._recorded[kind]

    def joins(self, batch: Batch, first: Batch) -> bool:
        """Whether the update of a batch can be part of a call that begins with that of another one."""
        alike = isinstance(first, TextBatch) and batch.resets == first.resets and _kind_of(batch) == _kind_of(first)
        return alike and self._records(first)

    def several(self, first: Batch) -> Several:
        """What does the updates of a batch and of those that join it."""
        recorded = self.of(first)
        assert recorded is not None
        return recorded.together(resets=first.resets)

    def _records(self, batch: Batch) -> bool:
        """Whether the update of a batch is one call."""
        return self._rule is not None and not self._is_watched and self._takes(batch)

    def _takes(self, batch: Batch) -> bool:
        """Whether a program can hold so many steps of so many lanes."""
        size, learner = _size_of(batch), self.learner
        if size not in self._taken:
            self._taken[size] = learner.execution.records(learner.network.layers, learner.parameters, *size)
        return self._taken[size]

    @property
    def _fits(self) -> bool:
        learner = self.learner
        return learner.processes.count == 1 and learner.execution.records(
            learner.network.layers, learner.parameters, 1, 1
        )

    @property
    def _is_watched(self) -> bool:
        """Whether hooks wait for gradients or for a module to run."""
        return any(self._hooks) or any(parameter._backward_hooks for parameter in self.learner.parameters)

    def _record(self, batch: Batch, before: Recorded | None) -> Recorded:
        learner, rule = self.learner, self._rule
        assert rule is not None
        program = Program(learner.parameters[0], bfloat16=learner.execution.engine.bfloat16)
        dropout = RecordedDropout(learner.config.model, program) if learner.config.model.drops else None
        places: RecordedBatch
        if isinstance(batch, TextBatch):
            places = RecordedWindow(batch, learner.network.zero_state(batch.inputs.shape[1]), dropout)
        else:
            assert isinstance(batch, ExampleBatch)
            earlier = None if before is None else before.batch
            assert earlier is None or isinstance(earlier, RecordedRows)
            places = RecordedRows(batch, dropout, earlier)
        found = {
            id(parameter): Value(parameter.detach(), gradient)
            for parameter, gradient in zip(learner.parameters, self._gradients, strict=True)
        }
        values = {name: found[id(parameter)] for name, parameter in learner.network.named_parameters()}
        saved = learner.network.record(program, values, places)
        program.descend(list(found.values()), *bounds(learner.config.clip), rule)
        return Recorded(program, places, saved)

    def _forget(self) -> None:
        """Let go of the programs that were not used for longest, beyond what is kept."""
        while len(self._recorded) > 1:
            size = sum(recorded.bytes for recorded in self._recorded.values())
            if len(self._recorded) <= MOST_PROGRAMS and size <= MOST_BYTES:
                return
            self._recorded.pop(next(iter(self._recorded)))


def _kind_of(batch: Batch) -> Kind:
    """What batches of one program have in common."""
    if isinstance(batch, TextBatch):
        return (*batch.inputs.shape, batch.save_at, batch.count_from, batch.xi is not None)
    assert isinstance(batch, ExampleBatch)
    return len(batch.own), batch.input_xi is not None, batch.weights is not None


def _size_of(batch: Batch) -> tuple[int, int]:
    """T and B, at most."""
    if isinstance(batch, TextBatch):
        steps, lanes = batch.inputs.shape
        return steps, lanes
    assert isinstance(batch, ExampleBatch)
    return max(len(batch.inputs.ids), len(batch.targets.ids) + 1), len(batch.own)

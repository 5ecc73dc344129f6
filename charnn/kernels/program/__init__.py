"""Kernels one after another, recorded once, and run again and again with other numbers in the same places.

A step of a small network takes less time in kernels than torch takes between them. A program has nothing between them:
all calls are made ready when it is recorded, and a run of it is one call of compiled code.

Where batches differ in how many steps they have, an `Extent` says how many of those that there is room for are in use.

Each kernel of a forward pass is recorded together with the one that leads gradients back through it; `descend` puts
these behind the forward pass in reverse, and clipping and the rule of an optimiser behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Array, addressof, c_double, c_int64

from torch import Tensor

from charnn.kernels.clipping import clip_arguments
from charnn.kernels.library import Kernel, kernels
from charnn.kernels.program.extents import follow
from charnn.kernels.program.passes import Passes
from charnn.kernels.program.recorder import Sizes
from charnn.kernels.program.repeats import Repeats, places
from charnn.kernels.program.value import Value
from charnn.kernels.rules import Rule, rule_arguments
from charnn.kernels.structures import Call, CheckArguments, OutputArguments, RuleArguments
from charnn.kernels.threads import threads_for

__all__ = ["Program", "Value"]


class Program(Passes):
    """The calls of an update."""

    def __init__(self, like: Tensor, *, bfloat16: bool = False) -> None:
        """See `charnn.kernels.program.recorder.Recorder`."""
        super().__init__(like, bfloat16=bfloat16)
        self._ready: Array[Call] | None = None

    def descend(self, parameters: Sequence[Value], norm: float, value: float, rule: Rule) -> None:
        """Behind the forward pass: the backward pass, clipping, and the update of the parameters. Ends the recording.

        Args:
            parameters: what is learned.
            norm, value: the bounds of `charnn.kernels.clipping.clip`.
            rule: how the parameters are changed; `run` says at which rate.
        """
        while self._back:  # they hold the program, which is to go with its last user
            self._back.pop()()
        for parameter in parameters:
            if not parameter.reached:  # as where no loss counts: the sum of no rows
                nothing: Sizes = {"rows": 0, "columns": parameter.numbers.numel()}
                self._record_back(Kernel.SUM_OF_ROWS, nothing, {}, {"to": parameter})
        gradients = [parameter.gradient for parameter in parameters if parameter.gradient is not None]
        self._norm, self._changed = c_double(), c_int64()
        clipping = clip_arguments(gradients, norm, value, self._norm, self._changed)
        self._add(Kernel.CLIPPING, clipping, self._plain)
        for number in (self._norm, *(loss for _, loss in self._losses)):
            self._add(Kernel.CHECK, CheckArguments(1, addressof(number)), self._plain)
        self._rule = rule_arguments(rule, [parameter.numbers for parameter in parameters], gradients)
        self._add(Kernel.RULE, self._rule, self._plain)
        if self.masks:
            self._calls.insert(0, (kernels().call(Kernel.NOISE, self.masks.arguments(), self._plain), 0))
        self._ready = (Call * len(self._calls))(*(call for call, _ in self._calls))
        for call, (_, work) in zip(self._ready, self._calls, strict=True):
            follow(call, {"threads": work}, threads_for)

    def set(self, scale: float, rate: float) -> None:
        """Set the scale of the losses and the rate of the next run.

        Args:
            scale: what the summed losses are multiplied by before their gradients are taken.
            rate: η.
        """
        for weight, arguments in self._scaled:
            arguments.gradient = scale * weight
        self._rule.rate = rate

    def run(self) -> None:
        """Run the whole update.

        Raises:
            MemoryError: there is no room for the packed weights.
            IndexError: an id or a target is not a symbol.
            FloatingPointError: the loss or the gradient is not finite; the parameters are as they were.
        """
        assert self._ready is not None, "the recording has not ended"
        kernels().run(self._ready)

    def repeats(self, given: Sequence[Tensor], carried: Sequence[tuple[Tensor, Tensor]], most: int) -> Repeats:
        """Several runs in one call.

        Args:
            given: where each run finds numbers of its own, apart from those of `set` and of the masks.
            carried: from where to where numbers are copied after each run.
            most: how many runs there may be.
        """
        assert self._ready is not None, "the recording has not ended"
        rate = places(self._rule, RuleArguments.rate.offset)
        scales = [places(arguments, OutputArguments.gradient.offset) for _, arguments in self._scaled]
        found: list[c_double | c_int64] = [self._norm, self._changed, *(loss for _, loss in self._losses)]
        return Repeats(
            self._ready,
            given=[rate, *scales, *self.masks.seeds, *(tensor.numpy() for tensor in given)],
            found=[places(number) for number in found],
            carried=[(source.numpy(), to.numpy()) for source, to in carried],
            most=most,
        )

    @property
    def nats(self) -> float:
        """The losses of the last run, summed."""
        return sum(weight * loss.value for weight, loss in self._losses)

    @property
    def norm(self) -> float:
        """The norm of the whole gradient of the last run before it was clipped."""
        return self._norm.value

    @property
    def clipped(self) -> bool:
        """Whether clipping changed it."""
        return bool(self._changed.value)

"""The update rules of optimisers: what a kernel needs to know of one, and of what it remembers.

The equations stand in source/rules.hpp, and with their sources in charnn/training/optimizers.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import addressof, c_double, c_int64, c_void_p
from dataclasses import dataclass

from torch import Tensor

from charnn.kernels.structures import RuleArguments

RULES = ("sgd", "adagrad", "rmsprop", "adam")
"""The update rules that there are kernels for, in the order of source/rules.hpp."""


@dataclass(frozen=True)
class Rule:
    """The update rule of an optimiser, and what it needs of each parameter.

    Attributes:
        name: one of `RULES`.
        first, second: what it remembers, one tensor for each parameter, or none at all.
        steps: how many updates each parameter had, a float32 tensor each that is counted up, or none at all.
        decay: λ of each parameter.
        momentum, epsilon, fade: μ, ε, and the one or two factors by which memories fade.
    """

    name: str
    first: Sequence[Tensor] = ()
    second: Sequence[Tensor] = ()
    steps: Sequence[Tensor] = ()
    decay: Sequence[float] = ()
    momentum: float = 0.0
    epsilon: float = 0.0
    fade: tuple[float, float] = (0.0, 0.0)


def rule_arguments(rule: Rule, weights: Sequence[Tensor], gradients: Sequence[Tensor]) -> RuleArguments:
    """What the kernel takes to change these weights, without a rate."""
    count = len(weights)
    tables = [
        (c_void_p * count)(*(tensor.data_ptr() for tensor in tensors))
        for tensors in (weights, gradients, rule.first, rule.second, rule.steps)
    ]
    lengths = (c_int64 * count)(*(weight.numel() for weight in weights))
    decay = (c_double * count)(*rule.decay)
    arguments = RuleArguments(
        RULES.index(rule.name),
        count,
        *(addressof(table) for table in tables),
        addressof(lengths),
        addressof(decay),
        momentum=rule.momentum,
        epsilon=rule.epsilon,
        fade=rule.fade,
    )
    arguments.alive = rule, weights, gradients, tables, lengths, decay
    return arguments

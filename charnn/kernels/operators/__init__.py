"""Kernels as operators of torch: autograd, `torch.compile` and DDP see them as any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, get_type_hints

import torch
from torch import Tensor
from torch.nn import Parameter

# How the schema of an operator writes the type of an argument.
_SCHEMA: dict[Any, str] = {
    str: "str",
    int: "int",
    bool: "bool",
    Tensor: "Tensor",
    Tensor | None: "Tensor?",
    Sequence[Tensor]: "Tensor[]",
    Sequence[Tensor | None]: "Tensor?[]",
}

Taken = TypeVar("Taken", bound=NamedTuple)


class Operator(Generic[Taken]):
    """`charnn::name`, an operator of torch that returns a list of tensors.

    `torch.library.custom_op` would do the same, but its wrapping takes longer than a small window.
    """

    def __init__(
        self,
        name: str,
        taken: type[Taken],
        run: Callable[[Taken], list[Tensor]],
        allocate: Callable[[Taken], list[Tensor]],
        differentiable: Callable[[Taken], list[Tensor]] | None = None,
    ) -> None:
        """Register it.

        Args:
            name: the operator's name.
            taken: the record of its arguments, whose fields make the schema.
            run: computes the results.
            allocate: gives tensors like the results, with any numbers in them.
            differentiable: computes the results so that gradients flow back through them.
        """
        hints = get_type_hints(taken)
        arguments = ", ".join(f"{_SCHEMA[kind]} {field}" for field, kind in hints.items())
        _operators.define(f"{name}({arguments}) -> Tensor[]")
        _operators.impl(name, lambda *given: run(taken(*given)), "CPU")
        torch.library.register_fake(f"charnn::{name}", lambda *given: allocate(taken(*given)), lib=_operators)
        if differentiable is not None:
            _operators.impl(name, lambda *given: differentiable(taken(*given)), "Autograd")
        self._run, self._differentiable = run, differentiable or run
        self._dispatched = getattr(torch.ops.charnn, name)
        self._a_tensor = list(hints.values()).index(Tensor)

    def __call__(self, arguments: Taken, *, differentiable: bool = True) -> list[Tensor]:
        """The results.

        Args:
            differentiable: whether gradients are to flow back through them.
        """
        # Only tracing needs the dispatcher, which takes longer than a small window.
        if not torch.compiler.is_compiling() and _has_numbers(arguments[self._a_tensor]):
            return (self._differentiable if differentiable else self._run)(arguments)
        return self._dispatched(*arguments)  # type: ignore[no-any-return]

    def below_autograd(self, arguments: Taken) -> list[Tensor]:
        """The results, while autograd runs the operator itself."""
        if _has_numbers(arguments[self._a_tensor]):
            return self._run(arguments)
        with torch._C._AutoDispatchBelowAutograd():
            return self._dispatched(*arguments)  # type: ignore[no-any-return]


def _has_numbers(tensor: Any) -> bool:
    """Whether a tensor holds numbers; one that stands for others while torch traces does not."""
    return type(tensor) in (Tensor, Parameter)


# Operators live as long as their library.
_operators: Any = torch.library.Library("charnn", "DEF")  # type: ignore[no-untyped-call]

"""The `nn.Module` of a declared cell: its weights as parameters, and what all cells do alike.

T time steps · B lanes · D inputs · H hidden units · G gates
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cache
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding

from charnn.cells._cell import Cell, State, Weight
from charnn.configuration.types import Part
from charnn.errors import UsageError


@cache
def module_class(cell: type[Cell]) -> type[Cell]:
    """The class of modules that have the equations of a cell."""
    return cast(type[Cell], type(cell.__name__, (cell, CellModule), {"__module__": cell.__module__}))


def refuse_undeclared(cell: Cell) -> None:
    """Refuse a cell with a parameter that no engine would train.

    Raises:
        UsageError: it has a parameter that it does not declare; the parameter is named.
    """
    declared = {"W_x", "W_h", "b", *(weight.name for weight in cell.weights)}
    for name, _ in cell.named_parameters():
        if name not in declared:
            raise UsageError(
                f"the cell {cell.name} has the parameter `{name}`, which it does not declare in `weights`: no engine"
                " would train it"
            )


class CellModule(nn.Module):
    """A cell's weights as parameters.

    W_x (D, G·H); W_h (H, G·H) where the cell has recurrent matrices; b (G·H) where it has a bias; and the further
    weights that it declares.
    """

    gates: tuple[str, ...]
    state_parts: tuple[str, ...]
    weights: tuple[Weight, ...]
    recurrent: Sequence[Any]
    has_bias: bool

    def __init__(self, inputs: int, hidden: int, options: Part) -> None:
        super().__init__()
        self.inputs, self.hidden, self.options = inputs, hidden, options
        width = len(self.gates) * hidden
        self.W_x = nn.Parameter(torch.zeros(inputs, width))
        self.register_parameter("W_h", nn.Parameter(torch.zeros(hidden, width)) if self.recurrent else None)
        self.b = nn.Parameter(torch.zeros(width)) if self.has_bias else None
        for weight in self.weights:
            columns = len(weight.gates) * hidden
            shape = (columns,) if weight.diagonal else (hidden, columns)
            self.register_parameter(weight.name, nn.Parameter(torch.zeros(shape)))

    def with_weights(self, **weights: Tensor) -> Cell:
        """The same cell with other weights in the place of some, for as long as a window takes."""
        other = copy(self)
        other._parameters = {**self._parameters, **cast(dict[str, Any], weights)}
        return cast(Cell, other)

    def project(self, x: Float[Tensor, "*T B D"] | Int[Tensor, "*T B"]) -> Float[Tensor, "*T B GH"]:
        """A = x W_x + b for any number of steps at once; ids are one-hot inputs, whose product is a row gather."""
        a = x @ self.W_x if x.is_floating_point() else embedding(x, self.W_x)
        return a if self.b is None else a + self.b

    def zero_state(self, lanes: int) -> State:
        """The state before anything was read: one (B, H) tensor of zeros for each part."""
        return tuple(self.W_x.new_zeros(lanes, self.hidden) for _ in self.state_parts)

"""The recurrent cells: one file a cell, whose file name is its name in YAML.

Vectors are rows: the lecture's W_hx x_t + W_hh h_{t−1} + b_h is written x W_x + h W_h + b, and the matrices of
a cell's G gates lie side by side, W_x (D, G·H), W_h (H, G·H), b (G·H), in the order of `gates`.

A file declares what its cell is and writes its equations, and imports no torch: what a cell is can be read without it.
`build` makes the `nn.Module` of a declaration.
"""

from __future__ import annotations

from charnn.cells._cell import Cell, Recurrent, State, Tensor, Weight
from charnn.configuration.families import Family
from charnn.configuration.types import Part

__all__ = ["CELLS", "Cell", "Recurrent", "State", "Tensor", "Weight", "build"]

CELLS = Family("cell", Cell)


def build(options: Part, inputs: int, hidden: int) -> Cell:
    """The cell that `options` belong to as an `nn.Module`, all of whose weights are 0.

    Args:
        options: the keys of the cell in the section `model`; their name is that of the cell.
        inputs: D.
        hidden: H.

    Raises:
        UsageError: it has a parameter that it does not declare, and that no engine would train.
    """
    from charnn.cells._module import module_class, refuse_undeclared

    cell = module_class(CELLS.load(options.name))(inputs, hidden, options)
    refuse_undeclared(cell)
    return cell

"""A stack of cells over a sequence of symbols, one-hot or embedded.

T time steps · B lanes · V symbols · E embedding · H hidden units
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from charnn.bptt.execution import Execution
from charnn.bptt.rows import Gates
from charnn.cells import Cell, State, build
from charnn.configuration.sections import Model
from charnn.kernels.program import Program, Value
from charnn.kernels.program.extents import Extent
from charnn.networks.dropout import Dropout
from charnn.networks.recording.dropout import RecordedDropout

States = tuple[State, ...]
"""The state of every layer."""


class Stack(nn.Module):
    """Cells one above the other; read over a text, it is an encoder.

    Parameters, by the names that they have in a weights file: `embedding` (V, E) where there is one;
    `cells.I.W_x` (D, G·H), `cells.I.W_h` (H, G·H), `cells.I.b` (G·H) for layer I, gates side by side in the
    order of the cell's `gates`; and the further weights that a cell declares.
    """

    def __init__(self, symbols: int, options: Model) -> None:
        """A stack of the section `model` for that many symbols, all of whose weights are 0.

        Raises:
            UsageError: a cell has a parameter that it does not declare.
        """
        super().__init__()
        self.embedding = nn.Parameter(torch.zeros(symbols, options.embedding)) if options.embedding else None
        widths = [options.embedding or symbols, *[options.hidden] * options.layers]
        self.cells = nn.ModuleList([build(options.cell, inputs, options.hidden) for inputs in widths[:-1]])
        self.residual = options.residual

    @property
    def layers(self) -> list[Cell]:
        """The cells, from the symbols up."""
        return [cast(Cell, cell) for cell in self.cells]

    @property
    def initial_scales(self) -> dict[str, float]:
        """How wide the first values of its parameters are that belong to no cell, by name."""
        return {}

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return self.layers[0].W_x.device

    def zero_state(self, lanes: int) -> States:
        """The state of every layer before anything was read."""
        return tuple(cell.zero_state(lanes) for cell in self.layers)

    def read(
        self,
        ids: Int[Tensor, "T B"],
        states: States,
        execution: Execution,
        xi: Gates | None = None,
        dropout: Dropout | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], States]:
        """The output of the top layer after each step, and the state of each lane after its last one.

        Args:
            ids: the symbols.
            states: the state before the first step.
            execution: how each layer runs.
            xi: ξ_t of each step, shared by all layers and parts of the state, and by the lanes unless each has its own;
                None where all are 1.
            dropout: what is left out in this window; None: nothing.
            ends: after how many steps each lane ends; None: all after the last one.
        """
        x = ids if self.embedding is None else functional.embedding(ids, self.embedding)
        return self.run(x, states, execution, xi, dropout, ends)

    def run(
        self,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        states: States,
        execution: Execution,
        xi: Gates | None = None,
        dropout: Dropout | None = None,
        ends: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "T B H"], States]:
        """The same from what the bottom layer reads: ids of one-hot vectors, or vectors of any kind."""
        last, cells = [], self.layers
        if dropout is not None:
            x, cells = dropout.entered(x, cells)
        for layer, (cell, state) in enumerate(zip(cells, states, strict=True)):
            if layer > 0 and dropout is not None:
                x = dropout.between(x, self.layers[layer])
            h, state = execution.recurrence(cell, x, state, xi, ends)
            x = x + h if self.residual and layer > 0 else h
            last.append(state)
        return x, tuple(last)

    def record_reading(
        self,
        program: Program,
        values: Mapping[str, Value],
        ids: Tensor,
        states: list[list[Value]],
        xi: Tensor | None,
        dropout: RecordedDropout | None = None,
        *,
        extent: Extent | None = None,
        ends: Tensor | None = None,
    ) -> tuple[Value, list[list[Value]]]:
        """What `read` does as kernels of a program.

        Args:
            program: takes them.
            values: the parameters of this stack, by their names in it.
            ids, states, xi, dropout, ends: as in `read`.
            extent: how many steps are in use; None: all.
        """
        steps, last, x = extent or len(ids), [], None
        for layer, (cell, state) in enumerate(zip(self.layers, states, strict=True)):
            W_x, W_h, bias = values[f"cells.{layer}.W_x"], values[f"cells.{layer}.W_h"], values.get(f"cells.{layer}.b")
            if dropout is not None:
                W_h = dropout.weights(W_h)
            if x is None:
                rows, read = self._record_entry(program, values, ids, dropout, extent)
            else:
                x = x if dropout is None else dropout.between(W_x, x)
                rows, read = program.projection(x, W_x), None
            h, parts = program.recurrence(cell.name, rows, bias, read, W_h, state, xi, steps, ends)
            x = program.sum(x, h) if self.residual and x is not None else h
            last.append(parts)
        assert x is not None
        return x, last

    def _record_entry(
        self,
        program: Program,
        values: Mapping[str, Value],
        ids: Tensor,
        dropout: RecordedDropout | None,
        extent: Extent | None,
    ) -> tuple[Value, Tensor | None]:
        """The projected inputs of the bottom layer, and which of them each step takes; None: each its own."""
        W_x = values["cells.0.W_x"]
        if self.embedding is None:
            read, rows = (ids, W_x) if dropout is None else dropout.symbols(W_x, ids, extent)
            return rows, read
        drops = dropout is not None and dropout.options.input_dropout > 0
        if not drops and len(self.embedding) <= ids.numel():
            return program.projection(values["embedding"], W_x), ids  # each symbol's row once, however often it is read
        x = program.gathered(values["embedding"], ids, (*ids.shape, self.embedding.shape[1]), extent)
        return program.projection(x if dropout is None else dropout.inputs(W_x, x), W_x), None


def detached(states: States) -> States:
    """The same state, from which no gradient flows back."""
    return tuple(tuple(part.detach() for part in state) for state in states)

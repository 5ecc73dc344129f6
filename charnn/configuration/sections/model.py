"""The section `model`: the network."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from charnn.configuration.families import family
from charnn.configuration.sections._parts import CELLS, part_of
from charnn.configuration.types import Fraction, Part, Section, Size


class Model(Section):
    """The network; takes the keys of its cell too."""

    cell: SerializeAsAny[Part] = Field(default_factory=lambda: part_of(CELLS, "lstm"))
    """What one layer computes; its own keys stand beside this one."""
    hidden: Size = 256
    """H, the units of each layer."""
    layers: Size = 1
    """How many cells lie one above the other."""
    residual: bool = False
    """Whether, from the second layer on, what a layer reads is added to its output."""
    embedding: Size | None = None
    """The size of a learned vector for each symbol; null: symbols are one-hot."""
    initialisation: Literal["orthogonal", "gaussian"] = "orthogonal"
    """How recurrent weights start: `orthogonal`, or `gaussian` with a deviation of 0.01 and biases of 0."""
    dropout: Fraction = 0.0
    """The share that is left out between layers while the network learns."""
    input_dropout: Fraction = 0.0
    """The share that is left out of what the bottom layer reads; a one-hot input is left out whole."""
    output_dropout: Fraction = 0.0
    """The share that is left out between the top layer and the logits."""
    recurrent_dropout: Fraction = 0.0
    """The share of recurrent weights that is left out for a window (DropConnect); diagonal weights stay."""
    dropout_masks: Literal["step", "window"] = "step"
    """Whether what is left out is drawn at each `step`, or once a lane and `window`."""

    @model_validator(mode="after")
    def _residual_has_a_place(self) -> Self:
        if self.residual and self.layers == 1:
            raise ValueError("`residual` adds what a layer reads to its output from the second layer on; there is 1")
        return self

    @model_validator(mode="after")
    def _dropout_has_a_place(self) -> Self:
        if self.dropout > 0 and self.layers == 1:
            raise ValueError("`dropout` lies between layers, and there is 1 layer: `output_dropout` lies after it")
        return self

    @model_validator(mode="after")
    def _recurrent_weights_are_there(self) -> Self:
        cell = family(CELLS).load(self.cell.name)
        if self.recurrent_dropout > 0 and not cell.recurrent and all(weight.diagonal for weight in cell.weights):
            raise ValueError(f"`recurrent_dropout` drops recurrent weights, and the cell {cell.name} has none")
        return self

    @property
    def drops(self) -> bool:
        """Whether anything is left out while the network learns."""
        return any((self.dropout, self.input_dropout, self.output_dropout, self.recurrent_dropout))

    @property
    def shown(self) -> str:
        """The cell and its hidden units, in short: `lstm 2 × 256`."""
        layers = f"{self.layers} × " if self.layers > 1 else ""
        return f"{self.cell.name} {layers}{self.hidden}"

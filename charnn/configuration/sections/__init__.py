"""The sections of a configuration: their keys, types and bounds.

A section may choose a part of a family, whose keys stand beside its own: `bptt: {strategy: truncated, tau: 64}`. Read,
the key holds the part itself: `config.bptt.strategy` is the strategy, with its `tau`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from annotated_types import Gt, Lt
from pydantic import Field, SerializeAsAny, model_validator

from charnn.configuration.families import Family, family
from charnn.configuration.sections.corpus import Corpus as Corpus
from charnn.configuration.sections.corpus import Source as Source
from charnn.configuration.types import (
    Count,
    Effect,
    Fraction,
    NonNegative,
    Number,
    Part,
    Positive,
    Section,
    Size,
    Whole,
)
from charnn.errors import one_of

CELLS, STRATEGIES = "charnn.cells.CELLS", "charnn.bptt.strategies.STRATEGIES"
AVERAGES = "charnn.training.averages.AVERAGES"
_ENGINES = "charnn.bptt.engines.ENGINES"


def part_of(path: str, name: str) -> Part:
    """The part of that name, with its default keys, of the family of a dotted name such as `charnn.cells.CELLS`.

    Raises:
        UsageError: there is no such part.
    """
    part: Part = schema_of(family(path), name)()
    return part


def default_cell(name: str) -> Part:
    """The options of the cell of that name, all at their defaults.

    Raises:
        UsageError: there is no such cell.
    """
    return part_of(CELLS, name)


def schema_of(parts: Family[Any], name: str) -> type[Any]:
    """The keys of a part: the class of the part itself, or the `Options` that its constructor takes.

    Raises:
        UsageError: there is no such part.
    """
    part = parts.load(name)
    schema: type[Any] = getattr(part, "Options", part)
    return schema


class Model(Section):
    """The network; takes the keys of its cell too."""

    cell: SerializeAsAny[Part] = Field(default_factory=lambda: part_of(CELLS, "lstm"))
    hidden: Size = 256
    layers: Size = 1
    residual: bool = False
    embedding: Size | None = None
    initialisation: Literal["orthogonal", "gaussian"] = "orthogonal"
    dropout: Fraction = 0.0
    input_dropout: Fraction = 0.0
    output_dropout: Fraction = 0.0
    recurrent_dropout: Fraction = 0.0
    dropout_masks: Literal["step", "window"] = "step"

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


class Bptt(Section):
    """How far gradients flow back, and on which engine; takes the keys of its strategy too."""

    strategy: SerializeAsAny[Part] = Field(default_factory=lambda: part_of(STRATEGIES, "truncated"))
    engine: Annotated[str, Effect.COURSE] = "auto"
    recompute: Literal["auto", "none"] | Count = "auto"

    @model_validator(mode="after")
    def _known_engine(self) -> Self:
        known = ["auto", *family(_ENGINES).names()]
        if self.engine not in known:
            raise ValueError(f"unknown engine `{self.engine}`{one_of(self.engine, known)}")
        return self


class Clip(Section):
    """What is done to a gradient that is too large."""

    by: Literal["none", "norm", "value"] = "norm"
    threshold: Positive | None = None

    @model_validator(mode="after")
    def _threshold_where_it_belongs(self) -> Self:
        if self.by == "none" and self.threshold is not None:
            raise ValueError("`threshold` has no effect with `by: none`: remove it")
        if self.by != "none" and self.threshold is None:
            object.__setattr__(self, "threshold", 1.0)
        return self


class Length(Section):
    """How long something takes: passes over the text, updates, or minutes of updates."""

    epochs: Positive | None = None
    steps: Count | None = None
    minutes: Positive | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        given = [name for name in Length.model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give one of `epochs`, `steps` and `minutes`")
        return self


class Train(Section):
    """Length, seed, reports; takes the keys of its average too."""

    lanes: Count = 32
    epochs: Annotated[Positive | None, Effect.COURSE] = None
    steps: Annotated[Count | None, Effect.COURSE] = None
    minutes: Annotated[Positive | None, Effect.COURSE] = None
    seed: Annotated[Whole, Lt(2**63)] = 1
    loss: Literal["mean", "sum"] = "mean"
    dtype: Literal["float32", "float64"] = "float32"
    precision: Literal["bfloat16"] | None = None
    hold_out: Fraction = 0.0
    mixture: Annotated[bool, Effect.NOTHING] = False
    average: SerializeAsAny[Part] = Field(default_factory=lambda: part_of(AVERAGES, "none"))
    device: Annotated[Literal["auto", "cpu", "cuda"], Effect.NOTHING] = "auto"
    threads: Annotated[Count | None, Effect.COURSE] = None
    report_every: Annotated[Count, Effect.NOTHING] = 50
    validate_every: Annotated[Count | None, Effect.NOTHING] = None
    validate_lanes: Annotated[Literal["auto"] | Count, Effect.NOTHING] = "auto"
    best_by: Annotated[str | None, Effect.COURSE] = None
    patience: Annotated[Count | None, Effect.COURSE] = None
    checkpoint_every: Annotated[Count | None, Effect.NOTHING] = None
    checkpoint_minutes: Annotated[Positive | None, Effect.NOTHING] = None
    on_divergence: Annotated[Literal["stop", "rewind"], Effect.COURSE] = "stop"
    rewinds: Annotated[Count, Effect.COURSE] = 3
    rewind_factor: Annotated[Number, Gt(0), Lt(1), Effect.COURSE] = 0.5
    sample_at: Annotated[tuple[Whole, ...], Effect.NOTHING] = ()
    sample_every: Annotated[Count | None, Effect.NOTHING] = None
    sample_length: Annotated[Count, Effect.NOTHING] = 200
    sample_temperature: Annotated[NonNegative, Effect.NOTHING] = 1.0

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        given = [name for name in ("epochs", "steps", "minutes") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of `epochs`, `steps` and `minutes`, not {' and '.join(given)}")
        if not given:
            object.__setattr__(self, "epochs", 1.0)
        return self

    @model_validator(mode="after")
    def _rounds_what_is_longer(self) -> Self:
        if self.precision is not None and self.dtype != "float32":
            raise ValueError(f"`precision: {self.precision}` goes with `dtype: float32`, not with {self.dtype}")
        return self

    @property
    def length(self) -> Length:
        """How long the training is."""
        return Length(epochs=self.epochs, steps=self.steps, minutes=self.minutes)

"""The sections of a configuration: their keys, types and bounds.

The sections `model`, `bptt`, `optimizer` and `schedule` take, beside their own keys, those of the part that they
choose, which builds its `Options` from the same types.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from charnn.configuration.families import ENGINES
from charnn.configuration.units import NormalForm, Unit
from charnn.errors import one_of


def _number(value: Any) -> Any:
    if isinstance(value, bool | str):
        shown = str(value).lower() if isinstance(value, bool) else f"the text `{value}`"
        raise ValueError(f"must be a number, not {shown}")
    return value


Number = Annotated[float, BeforeValidator(_number)]
Positive = Annotated[Number, Gt(0)]
NonNegative = Annotated[Number, Ge(0)]
Fraction = Annotated[Number, Ge(0), Lt(1)]
Probability = Annotated[Number, Gt(0), Le(1)]
Whole = Annotated[int, BeforeValidator(_number), Ge(0)]
Count = Annotated[int, BeforeValidator(_number), Ge(1)]


class Section(BaseModel):
    """One mapping of a configuration; keys it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Corpus(Section):
    """Which text is read, in which units, and how it is split."""

    source: str | None = None
    text: Annotated[str, MaxLen(10_000)] | None = None
    unit: Unit = "character"
    normalize: NormalForm = "none"
    encoding: str = "utf-8"
    split: Annotated[tuple[Probability, ...], BeforeValidator(lambda value: _shares(value))] = (0.9, 0.1)
    sha256: str | None = None

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        if (self.source is None) == (self.text is None):
            raise ValueError("give either `source` (a corpus, a path or -) or `text`")
        if self.unit == "byte" and self.normalize != "none":
            raise ValueError("`normalize` has no meaning for bytes: remove it, or choose another `unit`")
        return self

    @property
    def is_absent(self) -> bool:
        """Whether there is no text at all: the network was imported."""
        return self.source is None and not self.text


def _shares(value: Any) -> Any:
    numbers = value if isinstance(value, list | tuple) else []
    if not 1 <= len(numbers) <= 3 or not all(type(share) in (int, float) for share in numbers):
        raise ValueError("must be one to three shares: [train, validation, test]")
    if not math.isclose(sum(numbers), 1.0, abs_tol=1e-9):
        raise ValueError(f"the shares must add up to 1, not {sum(numbers):g}")
    return tuple(numbers)


class Model(Section):
    """The network; takes the keys of its cell too."""

    cell: str = "lstm"
    hidden: Count = 256
    layers: Count = 1
    embedding: Count | None = None
    initialisation: Literal["orthogonal", "gaussian"] = "orthogonal"
    dropout: Fraction = 0.0

    @model_validator(mode="after")
    def _dropout_has_a_place(self) -> Self:
        if self.dropout > 0 and self.layers == 1:
            raise ValueError("`dropout` lies between layers, and there is 1 layer")
        return self


class Bptt(Section):
    """How far gradients flow back, and on which engine; takes the keys of its strategy too."""

    strategy: str = "truncated"
    engine: str = "auto"
    recompute: Literal["auto", "none"] | Count = "auto"

    @model_validator(mode="after")
    def _known_engine(self) -> Self:
        known = ["auto", *ENGINES.names()]
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


class Optimizer(Section):
    """The update rule; takes the keys of the rule that it names."""

    name: str = "adam"


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


class Schedule(Section):
    """How the learning rate changes; takes the keys of the schedule that it names."""

    name: str = "constant"
    horizon: Length | None = None


class Train(Section):
    """Length, seed, reports."""

    lanes: Count = 32
    epochs: Positive | None = None
    steps: Count | None = None
    minutes: Positive | None = None
    seed: Annotated[Whole, Lt(2**63)] = 1
    loss: Literal["mean", "sum"] = "mean"
    dtype: Literal["float32", "float64"] = "float32"
    precision: Literal["bfloat16"] | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    report_every: Count = 50
    validate_every: Count | None = None
    checkpoint_every: Count | None = None
    checkpoint_minutes: Positive | None = None
    on_divergence: Literal["stop", "rewind"] = "stop"
    rewinds: Count = 3
    rewind_factor: Annotated[Number, Gt(0), Lt(1)] = 0.5
    sample_at: tuple[Whole, ...] = ()
    sample_every: Count | None = None
    sample_length: Count = 200
    sample_temperature: NonNegative = 1.0

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

"""The section `train`: length, seed, reports, validation, checkpoints and samples."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from annotated_types import Gt, Lt
from pydantic import Field, SerializeAsAny, model_validator

from charnn.configuration.sections._parts import AVERAGES, part_of
from charnn.configuration.types import Count, Effect, Fraction, NonNegative, Number, Part, Positive, Section, Whole


class Length(Section):
    """How long something takes: passes over the text, updates, or minutes of updates."""

    epochs: Positive | None = None
    """Passes over the training part; parts of one are allowed."""
    steps: Count | None = None
    """Updates."""
    minutes: Positive | None = None
    """Minutes of updates alone."""

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        given = [name for name in Length.model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give one of `epochs`, `steps` and `minutes`")
        return self


class Train(Section):
    """Length, seed, reports; takes the keys of its average too."""

    lanes: Count = 32
    """B, the streams that are read side by side; on a table, the rows of a batch."""
    epochs: Annotated[Positive | None, Effect.COURSE] = None
    """How long: passes over the training part. Of `epochs`, `steps` and `minutes` one is given."""
    steps: Annotated[Count | None, Effect.COURSE] = None
    """How long: updates."""
    minutes: Annotated[Positive | None, Effect.COURSE] = None
    """How long: minutes of updates alone."""
    seed: Annotated[Whole, Lt(2**63)] = 1
    """What all random numbers of the training are drawn by."""
    loss: Literal["mean", "sum"] = "mean"
    """Whether the losses of a window are averaged or summed over its steps; over lanes they are always averaged."""
    dtype: Literal["float32", "float64"] = "float32"
    """The type of weights and states."""
    precision: Literal["bfloat16"] | None = None
    """`bfloat16` rounds the factors of recurrent products (engine `native`, float32); null: nothing is rounded."""
    hold_out: Fraction = 0.0
    """The share of the training part, at its end, that a mixture is learned on before its parts read it too."""
    mixture: Annotated[bool, Effect.NOTHING] = False
    """Whether the network is mixed with the n-grams of the training part at the end, as `charnn mix` does."""
    average: SerializeAsAny[Part] = Field(default_factory=lambda: part_of(AVERAGES, "none"))
    """Which mean of the weights over the training is validated, kept and sampled from; its keys stand beside it."""
    device: Annotated[Literal["auto", "cpu", "cuda"], Effect.NOTHING] = "auto"
    """Where it runs; `auto` takes CUDA where there is one."""
    threads: Annotated[Count | None, Effect.COURSE] = None
    """On how many threads of a CPU; null: `OMP_NUM_THREADS`, or all. Rounding depends on it."""
    report_every: Annotated[Count, Effect.NOTHING] = 50
    """Steps between two rows of `metrics.jsonl`."""
    validate_every: Annotated[Count | None, Effect.NOTHING] = None
    """Steps between validations; null: after each pass of 200 steps or more, and at the end."""
    validate_lanes: Annotated[Literal["auto"] | Count, Effect.NOTHING] = "auto"
    """In how many lanes a text is validated: 1 is exact; `auto`: up to 32 of 2,000 characters or more."""
    best_by: Annotated[str | None, Effect.WEIGHTS] = None
    """The measure that the best network is chosen by; null: the first of its task."""
    patience: Annotated[Count | None, Effect.COURSE] = None
    """So many validations without a new best end the training; null: none do."""
    checkpoint_every: Annotated[Count | None, Effect.NOTHING] = None
    """Steps between checkpoints; one is written after every validation too."""
    checkpoint_minutes: Annotated[Positive | None, Effect.NOTHING] = None
    """A checkpoint is also written when the last one is this old; 10 where both are null."""
    on_divergence: Annotated[Literal["stop", "rewind"], Effect.COURSE] = "stop"
    """Whether a loss that is no longer finite ends the training, or takes it back to the last checkpoint."""
    rewinds: Annotated[Count, Effect.COURSE] = 3
    """How often it goes back at most."""
    rewind_factor: Annotated[Number, Gt(0), Lt(1), Effect.COURSE] = 0.5
    """What the learning rate is multiplied by each time it goes back."""
    sample_at: Annotated[tuple[Whole, ...], Effect.NOTHING] = ()
    """Steps after which a sample is drawn."""
    sample_every: Annotated[Count | None, Effect.NOTHING] = None
    """A sample is drawn every so many steps too, from step 0 on."""
    sample_length: Annotated[Count, Effect.NOTHING] = 200
    """How many symbols a sample has."""
    sample_temperature: Annotated[NonNegative, Effect.NOTHING] = 1.0
    """Below 1 samples are more careful, above 1 more daring."""

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

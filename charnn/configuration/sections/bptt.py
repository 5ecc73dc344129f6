"""The section `bptt`: how far gradients flow back, and on what."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from charnn.configuration.families import family
from charnn.configuration.sections._parts import ENGINES, STRATEGIES, part_of
from charnn.configuration.types import Count, Effect, Part, Section
from charnn.errors import one_of


class Bptt(Section):
    """How far gradients flow back, and on which engine; takes the keys of its strategy too."""

    strategy: SerializeAsAny[Part] = Field(default_factory=lambda: part_of(STRATEGIES, "truncated"))
    """How far gradients flow back; its own keys stand beside this one."""
    engine: Annotated[str, Effect.COURSE] = "auto"
    """What runs a cell over a window: `auto`, `autograd`, `manual`, `native` or `graph` (see the page on engines)."""
    recompute: Literal["auto", "none"] | Count = "auto"
    """Every how many steps a state is kept, where the others are computed again to save memory; `none` keeps all."""

    @model_validator(mode="after")
    def _known_engine(self) -> Self:
        known = ["auto", *family(ENGINES).names()]
        if self.engine not in known:
            raise ValueError(f"unknown engine `{self.engine}`{one_of(self.engine, known)}")
        return self

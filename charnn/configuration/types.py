"""The types that sections and parts of a configuration are built from, and what a key has an effect on."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, BeforeValidator, ConfigDict

from charnn.configuration.families import name_of


class Effect(Enum):
    """What a key has an effect on; without a mark it is on the weights.

    Attributes:
        WEIGHTS: what a training learns. No such key may change when a training is resumed.
        COURSE: how far a training goes, and where its text is. It may change on a resume, and tells runs apart.
        DERIVED: nothing of its own, because the value follows from other keys.
        NOTHING: what is reported, saved and shown, and where.
    """

    WEIGHTS = "weights"
    COURSE = "course"
    DERIVED = "derived"
    NOTHING = "nothing"


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
Size = Annotated[Count, Le(1_000_000)]
"""Of a network: a larger one fits into no memory, and its weights could not be counted in 64 bits."""


class Section(BaseModel):
    """One mapping of a configuration; keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def effect(cls, key: str) -> Effect:
        """What a key of this section has an effect on."""
        marks = [mark for mark in cls.model_fields[key].metadata if isinstance(mark, Effect)]
        return marks[0] if marks else Effect.WEIGHTS


class Part(Section):
    """The keys of one part of a family.

    Attributes:
        name: the name of the part in YAML: that of the file which defines it.
    """

    name: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.name = name_of(cls)

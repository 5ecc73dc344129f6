"""The section `corpus`: a running text, or a table of examples; which of the two, the task says."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, Self

from annotated_types import Ge, Lt, MaxLen
from pydantic import BeforeValidator, ValidationError, model_validator

from charnn.configuration.types import Count, Effect, Probability, Section, Whole
from charnn.configuration.units import CellUnit, NormalForm, Unit
from charnn.errors import one_of


class Source(Section):
    """Where a corpus is, and how its bytes become symbols.

    Attributes:
        asked_with: the commands that a run on such a corpus answers.
    """

    asked_with: ClassVar[str] = "`charnn sample` and `charnn evaluate`"

    source: Annotated[str | None, Effect.COURSE] = None
    """Where it is: the name of a corpus, a path, or `-` for standard input."""
    text: Annotated[str, MaxLen(10_000)] | None = None
    """The text itself, of up to 10,000 characters, instead of a source."""
    unit: Unit = "character"
    """What a symbol is."""
    normalize: NormalForm = "none"
    """The normal form of Unicode that it is brought into; `persian` also unifies letters and digits."""
    encoding: str = "utf-8"
    """The encoding of its bytes, by the name that Python has for it."""
    sha256: Annotated[str | None, Effect.DERIVED] = None
    """Refuse it where its bytes have another SHA-256."""

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

    @property
    def has_validation(self) -> bool:
        """Whether a part of it is for validation."""
        raise NotImplementedError


def _shares(value: Any) -> Any:
    numbers = value if isinstance(value, list | tuple) else []
    if not 1 <= len(numbers) <= 3 or not all(type(share) in (int, float) for share in numbers):
        raise ValueError("must be one to three shares: [train, validation, test]")
    if not math.isclose(sum(numbers), 1.0, abs_tol=1e-9):
        raise ValueError(f"the shares must add up to 1, not {sum(numbers):g}")
    return tuple(numbers)


class Corpus(Source):
    """A running text, and how it is split."""

    split: Annotated[tuple[Probability, ...], BeforeValidator(_shares)] = (0.9, 0.1)
    """The shares for training, validation and test, in this order; [1.0] means no validation."""

    @property
    def has_validation(self) -> bool:
        """See `Source`."""
        return len(self.split) > 1


class Rule(Section):
    """A published split: of every so many distinct inputs, in the file's order, those at some places, from 0 on."""

    every: Count
    """Of so many distinct inputs in the file's order …"""
    validation: tuple[Whole, ...] = ()
    """… those at these places, from 0 on, are for validation,"""
    test: tuple[Whole, ...] = ()
    """and those at these for the test."""

    @model_validator(mode="after")
    def _places(self) -> Self:
        places = [*self.validation, *self.test]
        if any(place >= self.every for place in places):
            raise ValueError(f"the places must be below `every`, which is {self.every}")
        if len({*places}) < len(places):
            raise ValueError("a place is for validation or for the test, once")
        if len(places) >= self.every:
            raise ValueError("no place is left for training")
        return self


def _column(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError("must name a column, or give its number from 1 on")
    return value


Column = Annotated[str | Annotated[int, Ge(1)], BeforeValidator(_column)]
"""A column by the name in the first row, or by its number from 1 on."""


class Table(Source):
    """A table of examples, of which two columns are read, and how its rows are split.

    Rows with the same input never lie in two parts, nor do rows with the same cell in the column `group`. A column
    `part` says for each row `train`, `validation` or `test`, or `-` where `split` is to say it.
    """

    input: Column
    """The column that is read, by its name in the first row or its number from 1 on."""
    target: Column
    """The column that is asked for."""
    group: Column | None = None
    """A column: rows with the same cell in it lie in one part."""
    part: Column | None = None
    """A column that says `train`, `validation` or `test` for a row, or `-` where `split` is to say it."""
    unit: CellUnit = "character"  # type: ignore[assignment]
    """What a symbol of the text is; a `token` is what stands between blanks."""
    split: Annotated[tuple[Probability, ...] | Rule, BeforeValidator(lambda value: _shares_or_rule(value))] = (0.9, 0.1)
    """Shares of the distinct inputs, shuffled; or `{every: 20, validation: [0], test: [1, 2]}` by their order."""
    seed: Annotated[Whole, Lt(2**63)] = 1
    """Of the shuffle, and of `rows_per_label`."""

    @property
    def has_validation(self) -> bool:
        """See `Source`."""
        return bool(self.split.validation) if isinstance(self.split, Rule) else len(self.split) > 1


def _shares_or_rule(value: Any) -> Any:
    """Shares or a rule; what is wrong with either is told in words, and not in those of a union of types."""
    if isinstance(value, Rule):
        return value
    if not isinstance(value, dict):
        shares = _shares(value)
        if min(shares) <= 0:
            raise ValueError("every share must be above 0; leave out those of parts that are not wanted")
        return shares
    for key in value:
        if key not in Rule.model_fields:
            raise ValueError(f"unknown key `{key}`{one_of(str(key), [*Rule.model_fields])}")
    try:
        return Rule.model_validate(value)
    except ValidationError as error:
        (first, *_) = error.errors()
        where = f"`{first['loc'][0]}`: " if first["loc"] else ""
        raise ValueError(f"{where}{first['msg'].removeprefix('Value error, ')}") from None


class LabelledTable(Table):
    """Texts, each with a label of a few; the labels are its targets, or its inputs."""

    asked_with = "`charnn sample --label` and `charnn evaluate`"

    labels: Count | None = None
    """The so many most frequent labels alone; null: all."""
    rows_per_label: Count | None = None
    """So many rows of each label, drawn by the seed; null: all."""


class ClassificationTable(LabelledTable):
    """Texts with the labels that are asked for."""

    asked_with = "`charnn predict` and `charnn evaluate`"

    balance: Literal["none", "inverse"] = "none"
    """`inverse` gives every label the same weight in the loss."""


class PairTable(Table):
    """Sources, each with its target."""

    asked_with = "`charnn predict` and `charnn evaluate`"

    target_unit: CellUnit = "character"
    """What a symbol of the target is."""

"""Which examples are for training, validation and test: examples with the same input never lie in two parts.

By shares of the distinct inputs, which a seed shuffles; or by a published rule over the distinct inputs in the order of
the file: of every 20, the first for validation, the two after it for the test, for instance. Examples that are to stay
together share a group, which then takes the place of the input.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from charnn.data.examples.table import Example
from charnn.errors import InputError

PARTS = ("train", "validation", "test")
BY_SPLIT = "-"
"""What a column of parts says where the split is to say it."""


class Split(Protocol):
    """Divides distinct inputs."""

    def parts(self, inputs: Sequence[str]) -> Mapping[str, str]:
        """The part of each input.

        Args:
            inputs: the distinct inputs, in the order of the file.
        """


@dataclass(frozen=True)
class Shares:
    """By shares of the inputs, in an order that a seed draws.

    Attributes:
        shares: of the training, the validation and the test part; those that are left out are empty.
        seed: of the shuffle.
    """

    shares: Sequence[float]
    seed: int

    def parts(self, inputs: Sequence[str]) -> Mapping[str, str]:
        """See `Split`."""
        shuffled = list(inputs)
        Random(f"{self.seed} split").shuffle(shuffled)
        cuts = [round(len(inputs) * sum(self.shares[: place + 1])) for place in range(len(self.shares))]
        found: dict[str, str] = {}
        for part, begin, end in zip(PARTS, [0, *cuts], cuts, strict=False):
            found.update(dict.fromkeys(shuffled[begin:end], part))
        return found


@dataclass(frozen=True)
class Rule:
    """By place: of every so many inputs those at some places are for validation and test, and the rest for training.

    Attributes:
        every: how many inputs the rule is about.
        validation: the places, from 0 on, of those for validation.
        test: the places of those for the test.
    """

    every: int
    validation: Sequence[int] = ()
    test: Sequence[int] = ()

    def parts(self, inputs: Sequence[str]) -> Mapping[str, str]:
        """See `Split`."""
        of_place = ["train"] * self.every
        for part, places in (("validation", self.validation), ("test", self.test)):
            for place in places:
                of_place[place] = part
        return {text: of_place[number % self.every] for number, text in enumerate(inputs)}


def parts_of(
    name: str, rows: Sequence[Example], split: Split, trained: Collection[int] = (), *, by_target: bool = False
) -> list[int]:
    """The part of each row, as its place in `PARTS`.

    Args:
        name: what messages call the table.
        rows: the rows.
        split: divides what no row says a part for.
        trained: the numbers of rows that are for training, whatever the split says, where they name no part.
        by_target: whether the targets are the texts that never lie in two parts, because the inputs are labels.

    Raises:
        InputError: rows that belong together say different parts, or an input stands in two groups.
    """
    keys = _keys(name, rows, by_target=by_target)
    said: dict[str, str] = {keys[number]: "train" for number in trained if rows[number].part in (None, BY_SPLIT)}
    for row, key in zip(rows, keys, strict=True):
        if row.part in (None, BY_SPLIT):
            continue
        if row.part not in PARTS:
            raise InputError(f"{name}, row {row.row}: its part is {row.part!r}, not {', '.join(PARTS)} or {BY_SPLIT}")
        if said.setdefault(key, row.part) != row.part:
            raise InputError(f"{name}, row {row.row}: it is for {row.part}, and another row with {key!r} is not")
    found = {**split.parts([key for key in dict.fromkeys(keys) if key not in said]), **said}
    number = {part: place for place, part in enumerate(PARTS)}
    return [number[found[key]] for key in keys]


def _keys(name: str, rows: Sequence[Example], *, by_target: bool) -> list[str]:
    """What keeps rows together: the group, or else the text.

    Raises:
        InputError: a text stands in two groups.
    """
    texts = [(row.target or "") if by_target else row.input for row in rows]
    groups: dict[str, str] = {}
    for row, text in zip(rows, texts, strict=True):
        if row.group is not None and groups.setdefault(text, row.group) != row.group:
            raise InputError(f"{name}, row {row.row}: {text!r} stands in two groups")
    return [text if row.group is None else row.group for row, text in zip(rows, texts, strict=True)]

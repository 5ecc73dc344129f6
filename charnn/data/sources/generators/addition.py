"""A table of sums: what is to be added, the result, and which rows are the same sum.

    sum     result  pair
    12+345  357     12+345
    345+12  357     12+345

How many digits a number has is drawn first, and then the number, so that short numbers are not rare. No sum occurs
twice; its mirror, b + a, may occur, and both have the same `pair`.

The same seed gives the same table on every machine: the only source of randomness is `Random.random`, whose sequence
is the same in all versions of Python.
"""

from __future__ import annotations

from random import Random
from typing import Annotated, Self

from annotated_types import Le
from pydantic import model_validator

from charnn.configuration.types import Count, Whole
from charnn.data.sources.generators import Generator


class Addition(Generator):
    """How many digits the numbers have at most, how many sums there are, and the seed that they are drawn by.

    With `reversed`, the digits of a result stand from the last to the first, as one adds by hand.
    """

    digits: Annotated[Count, Le(18)]
    sums: Count
    seed: Whole
    reversed: bool = False

    @model_validator(mode="after")
    def _there_are_enough(self) -> Self:
        # Beyond half of all, most of what is drawn was drawn already.
        if self.sums > 100**self.digits // 2:
            raise ValueError(f"`sums` must not exceed half of the {100**self.digits:,} sums that there are")
        return self

    def generate(self) -> str:
        """See `Generator`."""
        random = Random(self.seed)
        drawn = dict[tuple[int, int], None]()  # a set that keeps the order
        while len(drawn) < self.sums:
            drawn[_number(self.digits, random), _number(self.digits, random)] = None
        return "sum\tresult\tpair\n" + "".join(self._row(*numbers) for numbers in drawn)

    def _row(self, a: int, b: int) -> str:
        result = str(a + b)
        return f"{a}+{b}\t{result[::-1] if self.reversed else result}\t{min(a, b)}+{max(a, b)}\n"


def _number(most_digits: int, random: Random) -> int:
    """A number whose count of digits is uniform, and which is uniform among the numbers of that many digits."""
    digits = 1 + int(random.random() * most_digits)
    least = 10 ** (digits - 1) if digits > 1 else 0
    return least + int(random.random() * (10**digits - least))

"""A table of numbers in Persian digits and in Persian words.

    number  words             part
    ۱۲۳     صد و بیست و سه    -
    ۲۰۰۰    دو هزار           train

A number is a sum of its parts, the largest first, joined by «و»: thousands, hundreds, and what is below twenty or tens
and ones. One thousand is «هزار», without a «یک» before it.

Numbers below 100, round hundreds and round thousands say that they are for training: without them some word of the
others would be new. The rest lie where a split puts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from annotated_types import Le

from charnn.configuration.types import Count
from charnn.data.sources.generators import Generator

_BELOW_TWENTY = (
    *("صفر", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه"),
    *("ده", "یازده", "دوازده", "سیزده", "چهارده", "پانزده", "شانزده", "هفده", "هجده", "نوزده"),
)
_TENS = ("", "", "بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود")
_HUNDREDS = ("", "صد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد")
_THOUSAND = "هزار"
_AND = " و "
_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class PersianNumbers(Generator):
    """All numbers from 0 to the largest, in their order."""

    largest: Annotated[Count, Le(999_999)]

    def generate(self) -> str:
        """See `Generator`."""
        rows = (f"{in_digits(number)}\t{in_words(number)}\t{_part(number)}\n" for number in range(self.largest + 1))
        return "number\twords\tpart\n" + "".join(rows)


def _part(number: int) -> str:
    round_number = number % 1000 == 0 or (number < 1000 and number % 100 == 0)
    return "train" if number < 100 or round_number else "-"


def in_digits(number: int) -> str:
    """A number in Persian digits."""
    return str(number).translate(_DIGITS)


def in_words(number: int) -> str:
    """A number from 0 to 999,999 in Persian words."""
    return _AND.join(_parts(number)) or _BELOW_TWENTY[0]


def _parts(number: int) -> Iterator[str]:
    thousands, below_thousand = divmod(number, 1000)
    if thousands:
        yield _THOUSAND if thousands == 1 else f"{in_words(thousands)} {_THOUSAND}"
    hundreds, rest = divmod(below_thousand, 100)
    if hundreds:
        yield _HUNDREDS[hundreds]
    if rest < len(_BELOW_TWENTY):
        ones = rest
    else:
        tens, ones = divmod(rest, 10)
        yield _TENS[tens]
    if ones:
        yield _BELOW_TWENTY[ones]

"""A table of dates as people write them, and as ISO 8601 does.

    text                       iso
    Sunday, 3 March 2024       2024-03-03
    1er avril 1987             1987-04-01
    ۲۱ مارس ۲۰۲۵               2025-03-21

No form has two readings: where day and month are both numbers, the year stands first, or points stand between, as in
German. Or the dates are those of the Jalali calendar, in Persian, and the answers too: ۳ فروردین ۱۴۰۳ is 1403-01-03.

The same seed gives the same table on every machine: the only source of randomness is `Random.random`, whose sequence
is the same in all versions of Python.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Literal, Self

from pydantic import model_validator

from charnn.configuration.types import Count, Whole
from charnn.data.sources.generators import Generator, choose


def _english_ordinal(number: int) -> str:
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _french_ordinal(number: int) -> str:
    return "1er" if number == 1 else str(number)  # of the days of a month only the first has one


@dataclass(frozen=True)
class Language:
    """How dates are written in a language.

    Attributes:
        forms: with `{d}`, `{dd}`, `{m}`, `{mm}` and `{y}` for numbers, `{nth}` for the day as an ordinal number, and
            `{month}`, `{short}` and `{weekday}` for names.
        months: their names.
        weekdays: their names, from Monday on.
        digits: 0 to 9.
        short: the months' names, shortened.
        ordinal: writes the day as an ordinal number.
    """

    forms: Sequence[str]
    months: Sequence[str]
    weekdays: Sequence[str] = ("",) * 7
    digits: str = "0123456789"
    short: Sequence[str] = ("",) * 12
    ordinal: Callable[[int], str] = str


_PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_GREGORIAN = {
    "any": Language(("{y}-{mm}-{dd}", "{y}/{mm}/{dd}", "{y}/{m}/{d}"), ("",) * 12),
    "English": Language(
        (
            *("{d} {month} {y}", "{month} {d}, {y}", "{d} {short} {y}", "{short} {d}, {y}", "{nth} of {month} {y}"),
            *("{month} {nth}, {y}", "{weekday}, {d} {month} {y}", "{weekday}, {month} {d}, {y}"),
        ),
        (
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        short=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        ordinal=_english_ordinal,
    ),
    "German": Language(
        ("{d}. {month} {y}", "{d}.{m}.{y}", "{dd}.{mm}.{y}", "{weekday}, {d}. {month} {y}"),
        (
            *("Januar", "Februar", "März", "April", "Mai", "Juni"),
            *("Juli", "August", "September", "Oktober", "November", "Dezember"),
        ),
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    ),
    "French": Language(
        ("{nth} {month} {y}", "le {nth} {month} {y}", "{weekday} {nth} {month} {y}"),
        (
            *("janvier", "février", "mars", "avril", "mai", "juin"),
            *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
        ),
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        ordinal=_french_ordinal,
    ),
    "Spanish": Language(
        ("{d} de {month} de {y}", "{weekday}, {d} de {month} de {y}"),
        (
            *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
            *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        ),
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    ),
    "Persian": Language(
        ("{d} {month} {y}", "{weekday} {d} {month} {y}", "{y}/{mm}/{dd}"),
        (
            *("ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن"),
            *("ژوئیه", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"),
        ),
        ("دوشنبه", "سه\u200cشنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه"),
        _PERSIAN_DIGITS,
    ),
}
_JALALI = {
    "Persian": Language(
        ("{d} {month} {y}", "{d} {month}\u200cماه {y}", "{y}/{mm}/{dd}", "{y}/{m}/{d}"),
        (
            *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
            *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
        ),
        digits=_PERSIAN_DIGITS,
    )
}
_YEARS = {"gregorian": range(1900, 2100), "jalali": range(1300, 1450)}
# The years with 366 days within each 33: the common rule for the Jalali calendar, right for all years here.
_JALALI_LEAP_YEARS = {1, 5, 9, 13, 17, 22, 26, 30}

Calendar = Literal["gregorian", "jalali"]
Day = tuple[int, int, int]
"""Year, month, day."""


class Dates(Generator):
    """How many dates, of which calendar, and the seed that they are drawn by."""

    dates: Count
    seed: Whole
    calendar: Calendar = "gregorian"

    @model_validator(mode="after")
    def _there_are_enough(self) -> Self:
        # Of each language, as many are drawn: the one with the fewest forms bounds them.
        languages = languages_of(self.calendar)
        most = 365 * len(_YEARS[self.calendar]) * len(languages) * min(len(one.forms) for one in languages) // 2
        if self.dates > most:
            raise ValueError(f"`dates` must not exceed {most:,}")
        return self

    def generate(self) -> str:
        """See `Generator`."""
        random = Random(self.seed)
        drawn = dict[str, str]()
        while len(drawn) < self.dates:
            day = draw_day(self.calendar, random)
            language = choose(languages_of(self.calendar), random)
            drawn[written(day, language, choose(language.forms, random))] = iso(day)
        return "text\tiso\n" + "".join(f"{text}\t{answer}\n" for text, answer in drawn.items())


def draw_day(calendar: Calendar, random: Random) -> Day:
    """A day; each month is as likely as any other, and each day within it."""
    year, month = choose(_YEARS[calendar], random), 1 + int(random.random() * 12)
    return year, month, 1 + int(random.random() * days_in_month(calendar, year, month))


def days_in_month(calendar: Calendar, year: int, month: int) -> int:
    """How many days a month has."""
    if calendar == "gregorian":
        return monthrange(year, month)[1]
    if month < 12:
        return 31 if month <= 6 else 30
    return 30 if year % 33 in _JALALI_LEAP_YEARS else 29


def written(day: Day, language: Language, form: str) -> str:
    """A day as a form of a language writes it."""
    year, month, number = day
    weekday = language.weekdays[date(*day).weekday()] if "{weekday}" in form else ""
    text = form.format(
        y=year,
        m=month,
        mm=f"{month:02}",
        d=number,
        dd=f"{number:02}",
        nth=language.ordinal(number),
        month=language.months[month - 1],
        short=language.short[month - 1],
        weekday=weekday,
    )
    return text.translate(str.maketrans("0123456789", language.digits))


def iso(day: Day) -> str:
    """A day as year, month and day, with the digits 0 to 9."""
    return "{:04}-{:02}-{:02}".format(*day)


def languages_of(calendar: Calendar) -> Sequence[Language]:
    """The languages that write dates of a calendar."""
    return [*(_GREGORIAN if calendar == "gregorian" else _JALALI).values()]

"""The generated table of dates: forms that people write, each with one reading, and the calendars behind them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from charnn.data.sources.generators.dates import Calendar, Dates, Day, days_in_month, iso, languages_of, written

FORMS = {calendar: [(language, form) for language in languages_of(calendar) for form in language.forms]
         for calendar in ("gregorian", "jalali")}  # fmt: skip


def every_form(calendar: Calendar, day: Day) -> set[str]:
    return {written(day, language, form) for language, form in FORMS[calendar]}


def rows(table: str) -> list[list[str]]:
    header, *lines = table.splitlines()
    assert header == "text\tiso"
    return [line.split("\t") for line in lines]


def test_the_forms_of_a_day() -> None:
    assert every_form("gregorian", (2024, 3, 1)) == {
        *("2024-03-01", "2024/03/01", "2024/3/1"),
        *("1 March 2024", "March 1, 2024", "1 Mar 2024", "Mar 1, 2024", "1st of March 2024", "March 1st, 2024"),
        *("Friday, 1 March 2024", "Friday, March 1, 2024"),
        *("1. März 2024", "1.3.2024", "01.03.2024", "Freitag, 1. März 2024"),
        *("1er mars 2024", "le 1er mars 2024", "vendredi 1er mars 2024"),
        *("1 de marzo de 2024", "viernes, 1 de marzo de 2024"),
        *("۱ مارس ۲۰۲۴", "جمعه ۱ مارس ۲۰۲۴", "۲۰۲۴/۰۳/۰۱"),
    }
    assert every_form("jalali", (1403, 1, 13)) == {
        *("۱۳ فروردین ۱۴۰۳", "۱۳ فروردین\u200cماه ۱۴۰۳", "۱۴۰۳/۰۱/۱۳", "۱۴۰۳/۱/۱۳"),
    }
    of_may = [form for form in every_form("gregorian", (2023, 5, 22)) if "of" in form or "mai " in form]
    assert sorted(of_may) == ["22 mai 2023", "22nd of May 2023", "le 22 mai 2023", "lundi 22 mai 2023"]


@pytest.mark.parametrize("calendar", ["gregorian", "jalali"])
def test_no_form_has_two_readings(calendar: Calendar) -> None:
    read: dict[str, str] = {}
    for year in (1399, 1403) if calendar == "jalali" else (1999, 2024):
        for month in range(1, 13):
            for day in range(1, days_in_month(calendar, year, month) + 1):
                for text in every_form(calendar, (year, month, day)):
                    assert read.setdefault(text, iso((year, month, day))) == iso((year, month, day))
    assert len(read) > 2 * 365 * len(FORMS[calendar]) * 0.7


def test_months_are_as_long_as_in_their_calendars() -> None:
    for year in range(1900, 2100):
        whole = sum(days_in_month("gregorian", year, month) for month in range(1, 13))
        assert timedelta(days=whole) == date(year + 1, 1, 1) - date(year, 1, 1)
    # Years of 366 days, from published calendars of Iran.
    leap = {1370, 1375, 1379, 1383, 1387, 1391, 1395, 1399, 1403, 1408}
    assert {year for year in range(1370, 1412) if days_in_month("jalali", year, 12) == 30} == leap
    assert [days_in_month("jalali", 1402, month) for month in range(1, 13)] == [31] * 6 + [30] * 5 + [29]


@pytest.mark.parametrize("calendar", ["gregorian", "jalali"])
def test_the_table(calendar: Calendar) -> None:
    table = Dates(dates=4000, seed=1, calendar=calendar).generate()
    assert table == Dates(dates=4000, seed=1, calendar=calendar).generate()
    assert table != Dates(dates=4000, seed=2, calendar=calendar).generate()
    found = rows(table)
    assert len({text for text, _ in found}) == 4000
    for text, answer in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", answer, re.ASCII)
        year, month, day = map(int, answer.split("-"))
        assert 1 <= day <= days_in_month(calendar, year, month)
        assert text in every_form(calendar, (year, month, day))
    months = Counter(answer[5:7] for _, answer in found)
    assert len(months) == 12
    assert min(months.values()) > 250


def test_more_dates_than_can_be_drawn_are_refused() -> None:
    with pytest.raises(ValidationError, match="`dates` must not exceed 109,500"):
        Dates(dates=109_501, seed=1, calendar="jalali")

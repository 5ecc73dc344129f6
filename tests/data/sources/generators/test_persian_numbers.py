"""Numbers in Persian words: forms that a speaker writes, and a way back that reads every one of them."""

from __future__ import annotations

import pytest

from charnn.data.sources.generators.persian_numbers import PersianNumbers, in_digits, in_words

WORTH = {
    "یک": 1, "دو": 2, "سه": 3, "چهار": 4, "پنج": 5, "شش": 6, "هفت": 7, "هشت": 8, "نه": 9, "ده": 10,
    "یازده": 11, "دوازده": 12, "سیزده": 13, "چهارده": 14, "پانزده": 15, "شانزده": 16, "هفده": 17, "هجده": 18,
    "نوزده": 19, "بیست": 20, "سی": 30, "چهل": 40, "پنجاه": 50, "شصت": 60, "هفتاد": 70, "هشتاد": 80, "نود": 90,
    "صد": 100, "دویست": 200, "سیصد": 300, "چهارصد": 400, "پانصد": 500, "ششصد": 600, "هفتصد": 700, "هشتصد": 800,
    "نهصد": 900,
}  # fmt: skip


def read(words: str) -> int:
    """The number that words mean: what stands before «هزار», times a thousand, and the sum of the rest."""
    before, thousand, after = words.rpartition("هزار")
    count = sum(WORTH[word] for word in before.split() if word != "و") or 1
    rest = sum(WORTH[word] for word in after.split() if word not in ("و", "صفر"))
    return (1000 * count if thousand else 0) + rest


@pytest.mark.parametrize(
    ("number", "digits", "words"),
    [
        (0, "۰", "صفر"),
        (10, "۱۰", "ده"),
        (19, "۱۹", "نوزده"),
        (20, "۲۰", "بیست"),
        (21, "۲۱", "بیست و یک"),
        (100, "۱۰۰", "صد"),
        (123, "۱۲۳", "صد و بیست و سه"),
        (212, "۲۱۲", "دویست و دوازده"),
        (1000, "۱۰۰۰", "هزار"),
        (1404, "۱۴۰۴", "هزار و چهارصد و چهار"),
        (2000, "۲۰۰۰", "دو هزار"),
        (9999, "۹۹۹۹", "نه هزار و نهصد و نود و نه"),
        (100_000, "۱۰۰۰۰۰", "صد هزار"),
        (321_001, "۳۲۱۰۰۱", "سیصد و بیست و یک هزار و یک"),
    ],
)
def test_what_a_speaker_writes(number: int, digits: str, words: str) -> None:
    assert (in_digits(number), in_words(number)) == (digits, words)


def test_every_number_is_read_back() -> None:
    for number in range(1_000_000):
        words = in_words(number)
        if read(words) != number:
            pytest.fail(f"{number}: {words}")


def test_the_table() -> None:
    header, *rows = PersianNumbers(largest=9999).generate().splitlines()
    assert header == "number\twords\tpart"
    assert len(rows) == 10_000
    for number, row in enumerate(rows):
        digits, words, part = row.split("\t")
        assert int(digits) == read(words) == number
        is_round = number % 1000 == 0 or (number < 1000 and number % 100 == 0)
        assert part == ("train" if number < 100 or is_round else "-")

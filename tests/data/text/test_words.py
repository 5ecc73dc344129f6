"""What a word is."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.text.levels import Tokenizer
from charnn.data.text.words import TOKENIZERS, default_tokenizer, letters, unicode_words, whitespace


def test_letters_are_ascii_and_lower_cased() -> None:
    assert letters("Don't stop—it's 3 O'CLOCK, née!") == [
        b"don",
        b"t",
        b"stop",
        b"it",
        b"s",
        b"o",
        b"clock",
        b"n",
        b"e",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("‘Don't’ stop — l’été, O'Neill's 'tis", ["don't", "stop", "l’été", "o'neill's", "tis"]),
        ("می‌خواهم «کتاب‌ها» را ۱۲ بار", ["می‌خواهم", "کتاب‌ها", "را", "۱۲", "بار"]),
        ("الا یا اَیُّهَا السّاقی", ["الا", "یا", "اَیُّهَا", "السّاقی"]),
        ("e\u0301t e\u0301", ["e\u0301t", "e\u0301"]),
        ("\u200cا\u200c \u200c", ["ا"]),
        ("snake_case x-ray 3.14", ["snake", "case", "x", "ray", "3.14"]),
        ("1,000.5 1, 2.x a.m. 1:2 k:v", ["1,000.5", "1", "2", "x", "a.m", "1", "2", "k", "v"]),
        ("col·lecció 'twas dogs' O’Neill", ["col·lecció", "twas", "dogs", "o’neill"]),
        ('צה"ל "שלום" a"b', ['צה"ל', "שלום", "a", "b"]),
        ("I ❤️ you ☺️ ok ✔️", ["i", "you", "ok"]),
        ("\u0301 a\ufe0f \ufe0f", ["a\ufe0f"]),
        ("co\u00adop wo\u2060rd \u200fa\u200f b\u200e", ["co\u00adop", "wo\u2060rd", "a", "b"]),
        ("می\u200c\u200cخواهم", ["می\u200c\u200cخواهم"]),
        ("don\u00ad't x\u200c\u0301 .", ["don\u00ad't", "x\u200c\u0301"]),
        ("我愛你 すもも ภาษาไทย", ["我愛你", "すもも", "ภาษาไทย"]),
        ("½ Ⅷ ٣٫١٤ 3d", ["½", "ⅷ", "٣", "١٤", "3d"]),
        ("ÅNGSTRÖM ΣΊΣΥΦΟΣ", ["ångström", "σίσυφος"]),
        ("", []),
        ("…", []),
    ],
)
def test_unicode_words(text: str, words: list[str]) -> None:
    assert unicode_words(text) == words


def test_whitespace_leaves_words_as_they_are() -> None:
    assert whitespace("Don't\tstop,\u00a0now!\n") == ["Don't", "stop,", "now!"]


@given(st.text())
def test_letters_are_what_the_usual_expression_finds(text: str) -> None:
    assert [word.decode() for word in letters(text)] == [word.lower() for word in re.findall("[A-Za-z]+", text)]


def test_every_rule_has_its_name_and_the_text_chooses_one() -> None:
    assert list(TOKENIZERS) == list(get_args(Tokenizer))
    assert (default_tokenizer(is_ascii=True), default_tokenizer(is_ascii=False)) == ("letters", "unicode-words")


# The rule as one expression, which looks back and ahead at every code point.
UNSEEN = r"(?:\p{M}|[\p{Cf}&&[\p{WB=Format}\p{WB=ZWJ}\p{WB=Extend}]])*"
BETWEEN = [
    (r"\p{L}", r"[[\p{WB=MidLetter}\p{WB=MidNumLet}']--[:\ufe13\ufe55\uff1a]]"),
    (r"\p{Nd}", r"[\p{WB=MidNum}\p{WB=MidNumLet}']"),
    (r"\p{WB=Hebrew_Letter}", '"'),
]
JOINED = "|".join(rf"(?<={side}{UNSEEN}){middle}{UNSEEN}(?={side})" for side, middle in BETWEEN)
WORD = regex.compile(rf"[\p{{L}}\p{{N}}](?:{UNSEEN}(?:[\p{{L}}\p{{N}}]|{JOINED}))*(?:{UNSEEN}\p{{M}})?", regex.V1)


@given(st.text("aB1٣½'’.,;:·_\"צ\u200c\u200d\u00ad\u2060\u200f\u0301\ufe0f ,ک我❤\n") | st.text())
def test_unicode_words_are_what_a_slow_expression_finds(text: str) -> None:
    assert unicode_words(text) == WORD.findall(text.lower())


def test_words_of_a_long_run_of_marks_are_found_in_one_pass() -> None:
    """The expression above takes the square of its length."""
    assert unicode_words("\u0301" * 10**6 + " a" + "\u0301\u200c" * 10**6) == [
        "a" + "\u0301\u200c" * (10**6 - 1) + "\u0301"
    ]
